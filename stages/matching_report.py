"""The matching study as figures and pictures. Usage: python stages/matching_report.py NAME"""

from scorefield.command import command
from scorefield.experiments.matching_report import matching_report
from scorefield.pipeline import params


def main(name: str) -> None:
    matching_report(name, params.entry("matching", name))


if __name__ == "__main__":
    command(main)
