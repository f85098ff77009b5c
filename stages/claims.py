"""What the figures say about every claim of claims.yaml. Usage: python stages/claims.py"""

from pathlib import Path

import pandas
from ruamel.yaml import YAML

from scorefield.experiments.claims import claim, decided
from scorefield.pipeline import params
from scorefield.pipeline.files import command, load_json, save_json


def main() -> None:
    found = []
    for each in map(claim, YAML(typ="safe").load(Path("claims.yaml"))):
        table = pandas.read_csv(f"metrics/{each.study}.csv") if each.rows else None
        found.append(decided(each, load_json(f"metrics/{each.study}.json"), table, params.load()))
    save_json("metrics/claims.json", found)


if __name__ == "__main__":
    command(main)
