"""The few-steps study as figures, tables and a picture."""

from typing import Any

import pandas

from scorefield.experiments.evaluators import load_evaluator
from scorefield.pipeline.files import load_dataset, save_json, save_table
from scorefield.plots.lines import lines


def few_steps_report(name: str, spec: dict[str, Any], table: pandas.DataFrame) -> None:
    """Write metrics/few_steps/<name>.json and .csv, and the chart with its table in
    plots/few_steps; scores are means over seeds, with their standard errors as _se."""
    evaluator, data = load_evaluator(spec["evaluator"]), load_dataset(spec["data"])
    ((score, floor),) = evaluator.distance_floor(data, spec["n"]).items()
    means = means_over_seeds(table, score)
    figures = {f"{score}_floor": floor}
    for row in means.to_dict("records"):
        key = f"{row['model']}-{row['sampler']}-{row['steps']}"
        figures |= {key: row[score]}
        if row["se"] == row["se"]:
            figures[f"{key}_se"] = row["se"]
    save_json(f"metrics/few_steps/{name}.json", figures)
    save_table(f"metrics/few_steps/{name}.csv", table)
    line = table["model"] + " " + table["sampler"]
    wide = table.assign(line=line).pivot_table(score, "steps", "line", sort=False).sort_index()
    save_table(f"plots/few_steps/{name}.csv", wide.assign(floor=floor), index=True)
    lines(table, means, score, floor, spec["n"], f"plots/few_steps/{name}.png")


def means_over_seeds(table: pandas.DataFrame, score: str) -> pandas.DataFrame:
    """A row a model, sampler and number of steps: nfe, the mean score and its standard error `se`,
    from the errors of single seeds where they are known, else from the spread over seeds (NaN for
    one seed)."""
    groups = table.groupby(["model", "sampler", "steps"], sort=False)
    means = groups[["nfe", score]].mean()
    if f"{score}_se" in table:
        squares = table.assign(square=table[f"{score}_se"] ** 2)
        total = squares.groupby(["model", "sampler", "steps"], sort=False)["square"].sum()
        return means.assign(se=total**0.5 / groups.size()).reset_index()
    return means.assign(se=groups[score].sem()).reset_index()
