"""Samples that match given, drawn and joint y. Usage: python stages/match.py NAME"""

from scorefield.core import params
from scorefield.core.files import command
from scorefield.core.records import save_records
from scorefield.lab.identity import running, scratch
from scorefield.lab.matching import matching


def main(name: str) -> None:
    with scratch(running(f"match@{name}")) as folder:
        cells = matching(params.entry("matches", name), folder)
        save_records(f"samples/{name}-match.safetensors", cells)


if __name__ == "__main__":
    command(main)
