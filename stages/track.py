"""Mirror into MLflow what dvc.lock holds and MLflow lacks. Usage: python stages/track.py

Where MLflow does not answer that is one line, and no failure of the pipeline.
"""

from pathlib import Path
from typing import Any

import pandas
from ruamel.yaml import YAML

from scorefield.core import params
from scorefield.core.errors import InputError
from scorefield.core.files import command, load_json
from scorefield.lab.identity import locked
from scorefield.lab.tracking import Finished, NotTracked, mirror, upstream


def main() -> None:
    try:
        lock = YAML(typ="safe").load(Path("dvc.lock"))
    except FileNotFoundError:
        raise InputError("dvc.lock: not found; `dvc repro` makes it") from None
    finished = trainings(lock) + evaluations(lock)
    try:
        print(f"{mirror(finished)} new runs in MLflow")
    except NotTracked as error:
        print(f"not mirrored: {error}; `python stages/track.py` adds what is missing")


def trainings(lock: dict[str, Any]) -> list[Finished]:
    """Every model that has been trained, with its curve."""
    found = []
    for name, spec in params.load()["models"].items():
        stage = f"train@{name}"
        if stage not in lock["stages"]:
            continue
        given = spec | {key: params.section(spec[key], spec) for key in ("net", "objective")}
        curve = pandas.read_csv(f"plots/models/{name}.csv").to_dict("records")
        figures = [{str(key): value for key, value in row.items()} for row in curve]
        rows = [(int(row.pop("step")), row) for row in figures]
        pictures = [Path(f"plots/models/{name}.png")]
        found.append(Finished(stage, locked(lock, stage), given, rows, pictures))
    return found


def evaluations(lock: dict[str, Any]) -> list[Finished]:
    """Every run that has been scored, with its scores."""
    found = []
    for name, spec in params.runs().items():
        stage = f"evaluate_with_guide@{name}" if "guide" in spec else f"evaluate@{name}"
        if stage not in lock["stages"]:
            continue
        given = spec | {key: params.section(spec[key], spec) for key in ("guidance", "sampler")}
        pictures = [Path(f"plots/{kind}/{name}.png") for kind in ("runs", "trajectories")]
        rows = [(0, load_json(f"metrics/runs/{name}.json"))]
        found.append(Finished(stage, upstream(lock, stage), given, rows, pictures))
    return found


if __name__ == "__main__":
    command(main)
