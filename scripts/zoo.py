"""Train a model of the zoo again and write zoo/NAME: weights in bfloat16, configuration and card.

Needs the entry models.NAME of params.yaml and profiles/zoo-NAME.txt, whose entries `trained` and,
where there is one, `scored` are the training and the run whose scores are on the card. All runs in
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

HOURS = Path(".scratch/hours.json")


def clone_of(name: str) -> Path:
    """The clone of the last commit in which the model is trained, made if there is none."""
    clone = Path(".scratch/zoo", name)
    if not clone.exists():
        subprocess.run(["git", "clone", "-q", ".", clone], check=True)
    return clone


def profile(name: str, images: Path | None) -> list[str]:
    """The arguments of `dvc exp run` for a model, with the checksum of the shipped model that it
    begins as, where there is one; MNIST is read from a folder, if one is given. Raises InputError
    where there is no profile."""
    file = Path("profiles", f"zoo-{name}.txt")
    if not file.exists():
        known = [path.stem.removeprefix("zoo-") for path in Path("profiles").glob("zoo-*.txt")]
        raise InputError(f"{file}: not found; there are {', '.join(sorted(known))}")
    words = file.read_text().split()
    start = re.search(r"submitted_model:{folder:([^,]+)", file.read_text())
    if start:  # a model that is trained on
        known = checksum(Path(start[1], WEIGHTS), Path(start[1], "config.json"))
        words += ["-S", f"models.trained.submitted_model.sha256={known}"]
    if images:
        words += ["-S", "data.mnist-full.mnist.origin=folder"]
        words += ["-S", f"++data.mnist-full.mnist.folder={images.resolve()}"]
    return words


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
    return {
        "name": name,
        "command": f"make zoo NAME={name}",
        "data_sha256": checksum(clone / f"data/{entry['data']}.safetensors"),
        "images": len(data["train"]),
        "images_seen": figures["steps"] * numbers["batch"],
        "hours": load_json(clone / HOURS),
        "hardware": hardware(),
        "revision": revision.stdout.strip(),
        "entry": entry,
        "data": spec["data"][entry["data"]],
        "run": spec["runs"].get("scored"),
        "training": figures,
    } | (load_json(scored) if scored.exists() else {})


@torch.no_grad()
def official_accuracy(folder: Path, images: Path | None) -> dict[str, float]:
    """The accuracy of a classifier on MNIST's own 10,000 test images, which no training sees."""
    test, labels = full("folder" if images else "download", str(images))[1]
    net = load_model(folder).net
    guess = torch.cat([net(to_unit(part)).argmax(1) for part in test.split(500)])
    return {"official_accuracy": (guess == labels).double().mean().item()}


def write_card(clone: Path, name: str, images: Path | None) -> None:
    """card.json and card.md of the clone's zoo/NAME."""
    folder, known = clone / ZOO / name, facts(clone, name)
    if known["entry"]["objective"] == "classifier":
        known |= official_accuracy(folder, images)
    known["data"].get("mnist", {}).pop("folder", None)
    save_json(folder / "card.json", known)
    template = environment().get_template("zoo_card.jinja")
    (folder / "card.md").write_text(template.render(card=load_json(folder / "card.json")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="a model of the zoo, such as mnist-classifier")
    parser.add_argument("--images", type=Path, help="the folder of MNIST's four IDX files")
    given = parser.parse_args()
    try:
        name, words = given.name, profile(given.name, given.images)
        clone = clone_of(name)
        with counted_hours(clone):
            experiment(clone, words, "train@trained")
        words += ["-S", f"models.{name}.submitted_model.sha256={packed(clone, name)}"]
        if any(word.startswith("+runs.scored") for word in words):
            experiment(clone, words, "evaluate@scored")
        write_card(clone, name, given.images)
    except InputError as error:
        sys.exit(f"error: {error}")
    shutil.copytree(clone / ZOO / name, ZOO / name, dirs_exist_ok=True)
    print(f"{ZOO / name}: {checksum(ZOO / name / WEIGHTS, ZOO / name / 'config.json')}")


if __name__ == "__main__":
    main()
