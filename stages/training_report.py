"""Figures and curves of trainings. Usage: python stages/training_report.py [NAME ...]"""

import shutil

import pandas

from scorefield.pipeline import params
from scorefield.pipeline.files import command, load_json, save_json
from scorefield.plots.training import training


def main(*names: str) -> None:
    for name in names or params.load()["models"]:
        save_json(f"metrics/models/{name}.json", load_json(f"models/{name}/figures.json"))
        training(pandas.read_csv(f"models/{name}/curve.csv"), f"plots/models/{name}.png")
        shutil.copyfile(f"models/{name}/curve.csv", f"plots/models/{name}.csv")


if __name__ == "__main__":
    command(main)
