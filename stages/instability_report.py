"""The instability study as figures and pictures. Usage: python stages/instability_report.py NAME"""

from scorefield.command import command
from scorefield.experiments.instability_report import instability_report
from scorefield.pipeline import params


def main(name: str) -> None:
    instability_report(name, params.entry("instability", name))


if __name__ == "__main__":
    command(main)
