"""An ablation as figures and a picture. Usage: python stages/ablation_report.py NAME"""

from scorefield.command import command
from scorefield.experiments.ablation_report import ablation_report
from scorefield.pipeline import params
from scorefield.pipeline.files import load_table


def main(name: str) -> None:
    table = load_table(f"samples/{name}-ablation.csv")
    ablation_report(name, params.entry("ablation", name), table)


if __name__ == "__main__":
    command(main)
