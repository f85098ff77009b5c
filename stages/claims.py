"""What the figures say about every claim of claims.yaml. Usage: python stages/claims.py"""

from pathlib import Path

from ruamel.yaml import YAML

from scorefield.command import command
from scorefield.core.errors import InputError
from scorefield.experiments.claims import claim, decided
from scorefield.pipeline.files import save_json


def main() -> None:
    found = []
    for each in map(claim, YAML(typ="safe").load(Path("claims.yaml"))):
        try:
            found.append(decided(each))
        except InputError as missing:  # an entry or a scale that params.yaml no longer has
            print(f"left out: {missing}")
    save_json("metrics/claims.json", found)


if __name__ == "__main__":
    command(main)
