"""Train a model of the zoo again and write zoo/NAME: weights in bfloat16, configuration and card.

Needs the entry models.NAME of params.yaml and profiles/zoo-NAME.txt, whose entries `trained` and,
where there is one, `scored` are the training and the run whose scores are on the card. Where there
are several entries `trained`, each is a part of the training, with scores of its own; a part may
begin with the weights of the first one, in .scratch/part-1, and so on. All runs in
.scratch/zoo/NAME, a clone of the last commit; after a stop the same command goes on from there."""

import argparse
import contextlib
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import torch
from report.pages import environment
from ruamel.yaml import YAML

from scorefield.core.errors import InputError
from scorefield.data.mnist import full
from scorefield.pipeline.files import (
    WEIGHTS,
    ZOO,
    checksum,
    load_json,
    load_model,
    load_tensors,
    save_json,
    save_tensors,
    to_unit,
)

HOURS, PARTS = Path(".scratch/hours.json"), Path(".scratch/parts.json")
OF_PART = ("images_seen", "hours", "fid", "fid_low", "fid_high", "coherent")


def clone_of(name: str) -> Path:
    """The clone of the last commit in which the model is trained, made if there is none."""
    clone = Path(".scratch/zoo", name)
    if not clone.exists():
        subprocess.run(["git", "clone", "-q", ".", clone], check=True)
    return clone


def profile(name: str, images: Path | None) -> list[list[str]]:
    """The arguments of `dvc exp run` for each part of the training of a model; MNIST is read from a
    folder, if one is given. Raises InputError where there is no profile."""
    file = Path("profiles", f"zoo-{name}.txt")
    if not file.exists():
        known = [path.stem.removeprefix("zoo-") for path in Path("profiles").glob("zoo-*.txt")]
        raise InputError(f"{file}: not found; there are {', '.join(sorted(known))}")
    lines = file.read_text().splitlines()
    parts = [line.split() for line in lines if "models.trained=" in line]
    shared = [word for line in lines if "models.trained=" not in line for word in line.split()]
    if images:
        shared += ["-S", "data.mnist-full.mnist.origin=folder"]
        shared += ["-S", f"++data.mnist-full.mnist.folder={images.resolve()}"]
    return [[*part, *shared] for part in parts]


def begun(clone: Path, words: list[str]) -> list[str]:
    """Arguments with the checksum of the shipped model that the training begins with, if any."""
    start = re.search(r"submitted_model:{folder:([^,]+)", " ".join(words))
    if not start:
        return words
    folder = clone / start[1]
    known = checksum(folder / WEIGHTS, folder / "config.json")
    return [*words, "-S", f"models.trained.submitted_model.sha256={known}"]


def experiment(clone: Path, arguments: list[str], target: str) -> None:
    """Run a stage of the clone and what it needs, with changed parameters. Raises InputError where
    it fails."""
    subprocess.run(["git", "checkout", "-q", "params.yaml"], cwd=clone, check=True)
    command = [sys.executable, "-m", "dvc", "exp", "run", *arguments, target]
    own = {key: value for key, value in os.environ.items() if not key.startswith("DVC_")}
    if subprocess.run(command, cwd=clone, env=own | {"PYTHONPATH": "src"}).returncode:
        raise InputError(f"{target}: failed in {clone}; the same command goes on from there")


@contextlib.contextmanager
def counted_hours(clone: Path) -> Iterator[None]:
    """Add the processor time of what is run to the hours that the clone has trained before."""
    start, file = spent(), clone / HOURS
    try:
        yield
    finally:
        before = load_json(file) if file.exists() else 0.0
        save_json(file, before + (spent() - start) / 3600)


def spent() -> float:
    """Seconds of processor time of all processes that this one has run."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def packed(clone: Path, name: str) -> str:
    """Write the trained network to the clone's zoo/NAME, in bfloat16; the checksum of weights and
    configuration."""
    source, folder = clone / "models/trained", clone / ZOO / name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / "config.json", folder)
    shutil.copy(source / "curve.csv", folder)
    tensors = load_tensors(source / WEIGHTS)
    small = {
        key: value.bfloat16() if value.is_floating_point() else value
        for key, value in tensors.items()
    }
    save_tensors(folder / WEIGHTS, small)
    return checksum(folder / WEIGHTS, folder / "config.json")


def hardware() -> str:
    """The processor, or the GPU, in words."""
    if torch.cuda.is_available():
        return f"1 GPU, {torch.cuda.get_device_name()}"
    threads = int(os.environ.get("OMP_NUM_THREADS", psutil.cpu_count() or 1))
    lines = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.split(": ")[1] for line in lines.splitlines() if line.startswith("model name")]
    tiles = ", with AMX" if "amx_bf16" in lines else ""
    return f"{threads} thread of {names[0] if names else 'a CPU'}{tiles}"


def finished(clone: Path) -> list[dict[str, Any]]:
    """Of each part of the training that has ended: its steps, the images and hours up to its end,
    and the scores then."""
    file = clone / PARTS
    return load_json(file) if file.exists() else []


def facts(clone: Path, name: str) -> dict[str, Any]:
    """What the card says of the training and, where the model was scored, of its samples."""
    spec = YAML(typ="safe").load(clone / "params.yaml")
    entry = spec["models"]["trained"]
    numbers = spec[entry["net"]] | entry.get(entry["net"], {})
    figures = load_json(clone / "models/trained/figures.json")
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=clone, check=True, stdout=subprocess.PIPE, text=True
    )
    data = load_tensors(clone / f"data/{entry['data']}.safetensors")
    scored = clone / "metrics/runs/scored.json"
    before = finished(clone)
    known = {
        "name": name,
        "command": f"make zoo NAME={name}",
        "data_sha256": checksum(clone / f"data/{entry['data']}.safetensors"),
        "images": len(data["train"]),
        "images_seen": figures["steps"] * numbers["batch"]
        + (before[-1]["images_seen"] if before else 0),
        "hours": load_json(clone / HOURS),
        "hardware": hardware(),
        "revision": revision.stdout.strip(),
        "entry": entry,
        "data": spec["data"][entry["data"]],
        "run": spec["runs"].get("scored"),
        "training": figures,
    } | (load_json(scored) if scored.exists() else {})
    part = {"steps": figures["steps"]} | {key: known[key] for key in OF_PART if key in known}
    return known | {"parts": [*before, part]}


@torch.no_grad()
def official_accuracy(folder: Path, images: Path | None) -> dict[str, float]:
    """The accuracy of a classifier on MNIST's own 10,000 test images, which no training sees."""
    test, labels = full("folder" if images else "download", str(images))[1]
    net = load_model(folder).net
    guess = torch.cat([net(to_unit(part)).argmax(1) for part in test.split(500)])
    return {"official_accuracy": (guess == labels).double().mean().item()}


def write_card(clone: Path, name: str, images: Path | None) -> dict[str, Any]:
    """Write card.json and card.md of the clone's zoo/NAME; what they say."""
    folder, known = clone / ZOO / name, facts(clone, name)
    if known["entry"]["objective"] == "classifier":
        known |= official_accuracy(folder, images)
    known["data"].get("mnist", {}).pop("folder", None)
    save_json(folder / "card.json", known)
    template = environment().get_template("zoo_card.jinja")
    (folder / "card.md").write_text(template.render(card=load_json(folder / "card.json")))
    return known


def train_part(clone: Path, name: str, words: list[str], images: Path | None) -> None:
    """Run one part of the training of a model; its weights and card are then in the clone's
    zoo/NAME, and a copy for the next part in .scratch/part-1 or so."""
    words = begun(clone, words)
    with counted_hours(clone):
        experiment(clone, words, "train@trained")
    words += ["-S", f"models.{name}.submitted_model.sha256={packed(clone, name)}"]
    if any(word.startswith("+runs.scored") for word in words):
        experiment(clone, words, "evaluate@scored")
    known = write_card(clone, name, images)
    last = clone / f".scratch/part-{len(known['parts'])}"
    shutil.copytree(clone / ZOO / name, last, dirs_exist_ok=True)
    save_json(clone / PARTS, known["parts"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="a model of the zoo, such as mnist-classifier")
    parser.add_argument("--images", type=Path, help="the folder of MNIST's four IDX files")
    given = parser.parse_args()
    try:
        parts, clone = profile(given.name, given.images), clone_of(given.name)
        for words in parts[len(finished(clone)) :]:
            train_part(clone, given.name, words, given.images)
    except InputError as error:
        sys.exit(f"error: {error}")
    target = ZOO / given.name
    shutil.copytree(clone / target, target, dirs_exist_ok=True)
    print(f"{target}: {checksum(target / WEIGHTS, target / 'config.json')}")


if __name__ == "__main__":
    main()
