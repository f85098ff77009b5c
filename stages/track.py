"""Mirror into MLflow what dvc.lock holds and MLflow lacks. Usage: python stages/track.py"""

from pathlib import Path

import pandas
from ruamel.yaml import YAML

from scorefield.core import params
from scorefield.core.files import command, load_json
from scorefield.lab.identity import locked
from scorefield.lab.tracking import mirror, upstream


def main() -> None:
    lock = YAML(typ="safe").load(Path("dvc.lock"))
    new = 0
    for name, spec in params.load()["models"].items():
        stage = f"train@{name}"
        given = spec | {key: params.section(spec[key], spec) for key in ("net", "objective")}
        curve = pandas.read_csv(f"plots/models/{name}.csv").to_dict("records")
        rows = [(int(row.pop("step")), row) for row in curve]
        new += mirror(stage, locked(lock, stage), given, rows, [Path(f"plots/models/{name}.png")])
    for name, spec in params.load()["runs"].items():
        stage = f"evaluate@{name}"
        given = spec | {key: params.section(spec[key], spec) for key in ("guidance", "sampler")}
        pictures = [Path(f"plots/{kind}/{name}.png") for kind in ("runs", "trajectories")]
        rows = [(0, load_json(f"metrics/runs/{name}.json"))]
        new += mirror(stage, upstream(lock, stage), spec | given, rows, pictures)
    print(f"{new} new runs in MLflow")


if __name__ == "__main__":
    command(main)
