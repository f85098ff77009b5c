"""A curve as figure, table and metrics. Usage: python stages/chart.py NAME"""

import pandas

from scorefield.core import params
from scorefield.core.datasets import load_dataset
from scorefield.core.files import command, save_json, save_table
from scorefield.lab.evaluators import load_evaluator
from scorefield.plots.lines import lines


def main(name: str) -> None:
    spec, table = params.entry("curves", name), pandas.read_csv(f"samples/{name}-curve.csv")
    evaluator, data = load_evaluator(spec["judge"]), load_dataset(spec["data"])
    ((score, floor),) = evaluator.distance_floor(data, spec["n"]).items()
    means = table.groupby(["model", "sampler", "steps"])[score].mean()
    names = [f"{model}-{sampler}-{steps}" for model, sampler, steps in means.index]
    figures = dict(zip(names, map(float, means), strict=True))
    save_json(f"metrics/curves/{name}.json", figures | {f"{score}_floor": floor})
    save_table(f"metrics/curves/{name}.csv", table)
    line = table["model"] + " " + table["sampler"]
    wide = table.assign(line=line).pivot_table(score, "steps", "line", sort=False)
    save_table(f"plots/steps/{name}.csv", wide.assign(floor=floor), index=True)
    lines(table, score, floor, f"plots/curves/{name}.png")


if __name__ == "__main__":
    command(main)
