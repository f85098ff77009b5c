"""The paths study as figures and pictures. Usage: python stages/paths_report.py NAME"""

from scorefield.command import command
from scorefield.experiments.transition_paths_report import paths_report
from scorefield.pipeline import params


def main(name: str) -> None:
    paths_report(name, params.entry("paths", name))


if __name__ == "__main__":
    command(main)
