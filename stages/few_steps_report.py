"""The few-steps study as figures and charts. Usage: python stages/few_steps_report.py NAME"""

from scorefield.command import command
from scorefield.experiments.few_steps_report import few_steps_report
from scorefield.pipeline import params
from scorefield.pipeline.files import load_table


def main(name: str) -> None:
    table = load_table(f"samples/{name}-few_steps.csv")
    few_steps_report(name, params.entry("few_steps", name), table)


if __name__ == "__main__":
    command(main)
