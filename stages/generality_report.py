"""Guidance on random laws as figures and picture. Usage: python stages/generality_report.py"""

from scorefield.command import command
from scorefield.experiments.generality_report import generality_report
from scorefield.pipeline.files import load_table, save_json, save_table
from scorefield.plots.gains import gains


def main() -> None:
    table, figures = generality_report(load_table("samples/generality.csv"))
    save_table("metrics/generality/laws.csv", table)
    save_json("metrics/generality/laws.json", figures)
    gains(table, "plots/generality/laws.png")


if __name__ == "__main__":
    command(main)
