"""The few-steps study as figures, tables and a picture."""

from typing import Any

import pandas

from scorefield.experiments.evaluators import load_evaluator
from scorefield.pipeline.files import load_dataset, save_json, save_table
from scorefield.plots.lines import lines


def few_steps_report(name: str, spec: dict[str, Any], table: pandas.DataFrame) -> None:
    """Write metrics/few_steps/<name>.json and .csv, and the chart with its table in
    plots/few_steps; scores are means over seeds."""
    evaluator, data = load_evaluator(spec["evaluator"]), load_dataset(spec["data"])
    ((score, floor),) = evaluator.distance_floor(data, spec["n"]).items()
    means = table.groupby(["model", "sampler", "steps"])[score].mean()
    names = [f"{model}-{sampler}-{steps}" for model, sampler, steps in means.index]
    figures = dict(zip(names, map(float, means), strict=True))
    save_json(f"metrics/few_steps/{name}.json", figures | {f"{score}_floor": floor})
    save_table(f"metrics/few_steps/{name}.csv", table)
    line = table["model"] + " " + table["sampler"]
    wide = table.assign(line=line).pivot_table(score, "steps", "line", sort=False)
    save_table(f"plots/few_steps/{name}.csv", wide.assign(floor=floor), index=True)
    lines(table, score, floor, f"plots/few_steps/{name}.png")
