"""The few-steps study as figures and charts. Usage: python stages/few_steps_report.py NAME"""

import pandas

from scorefield.experiments.few_steps_report import few_steps_report
from scorefield.pipeline import params
from scorefield.pipeline.files import command


def main(name: str) -> None:
    table = pandas.read_csv(f"samples/{name}-few_steps.csv")
    few_steps_report(name, params.entry("few_steps", name), table)


if __name__ == "__main__":
    command(main)
