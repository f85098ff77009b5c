"""Figures of models, and curves of those that were trained, here or before they were shipped.

Usage: python stages/training_report.py [NAME ...]
"""

import shutil

from scorefield.command import command
from scorefield.pipeline import params
from scorefield.pipeline.files import load_json, load_table, save_json
from scorefield.plots.training import training


def main(*names: str) -> None:
    for name in names or params.load()["models"]:
        save_json(f"metrics/models/{name}.json", load_json(f"models/{name}/figures.json"))
        if (curve := load_table(f"models/{name}/curve.csv")).shape[0] < 2:
            continue  # nothing was trained
        training(curve, f"plots/models/{name}.png", f"{name}: one training")
        shutil.copyfile(f"models/{name}/curve.csv", f"plots/models/{name}.csv")


if __name__ == "__main__":
    command(main)
