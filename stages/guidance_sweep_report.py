"""A guidance sweep as figures and picture. Usage: python stages/guidance_sweep_report.py NAME"""

from scorefield.command import command
from scorefield.experiments.guidance_sweep_report import guidance_sweep_report
from scorefield.pipeline import params


def main(name: str) -> None:
    guidance_sweep_report(name, params.entry("guidance_sweep", name))


if __name__ == "__main__":
    command(main)
