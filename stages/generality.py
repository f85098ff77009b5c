"""Guidance on random laws. Usage: python stages/generality.py"""

from scorefield.command import command
from scorefield.experiments.generality import generality
from scorefield.pipeline import params
from scorefield.pipeline.files import save_table


def main() -> None:
    save_table("samples/generality.csv", generality(**params.section("generality")))


if __name__ == "__main__":
    command(main)
