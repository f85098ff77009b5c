"""Train a model of the zoo again and write zoo/NAME: weights in bfloat16, configuration and card.

Needs the entry models.NAME of params.yaml and profiles/zoo-NAME.txt, whose entries `trained` and,
where there is one, `scored` are the training and the run whose scores are on the card. Where there
are several entries `trained`, each is a part of the training, with scores of its own; a part may
begin with the weights of the first one, in .scratch/part-1, and so on. All runs in
.scratch/zoo/NAME, a clone of the last commit; after a stop the same command goes on from there."""

import argparse
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import torch
from report.pages import environment
from ruamel.yaml import YAML
from scripts.clone import clone_of, counted_hours, experiment, hardware, hours, profile, revision

from scorefield.command import ended
from scorefield.data.mnist import full
from scorefield.pipeline.files import (
    WEIGHTS,
    checksum,
    load_json,
    load_model,
    load_tensors,
    save_json,
    save_tensors,
    to_unit,
)
from scorefield.pipeline.params import ZOO

PARTS = Path(".scratch/parts.json")
OF_PART = ("images_seen", "hours", "fid", "fid_low", "fid_high", "coherent")


def parts_of(name: str, images: Path | None) -> list[list[str]]:
    """The arguments of `dvc exp run` for each part of the training of a model; MNIST is read from a
    folder, if one is given. Raises InputError where there is no profile."""
    lines = profile("zoo", name)
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
        "hours": hours(clone),
        "hardware": hardware(),
        "revision": revision(clone),
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
    parts, clone = parts_of(given.name, given.images), clone_of("zoo", given.name)
    for words in parts[len(finished(clone)) :]:
        train_part(clone, given.name, words, given.images)
    target = ZOO / given.name
    shutil.copytree(clone / target, target, dirs_exist_ok=True)
    print(f"{target}: {checksum(target / WEIGHTS, target / 'config.json')}")


if __name__ == "__main__":
    sys.excepthook = ended
    main()
