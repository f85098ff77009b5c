"""The few-steps study as figures, tables and a picture."""

from typing import Any

import pandas
from scipy.stats import t as student

from scorefield.experiments.evaluators import load_evaluator
from scorefield.metrics.bootstrap import Z
from scorefield.pipeline import params
from scorefield.pipeline.files import load_dataset, save_json, save_table
from scorefield.plots.lines import lines


def few_steps_report(name: str, spec: dict[str, Any], table: pandas.DataFrame) -> None:
    """Write metrics/few_steps/<name>.json and .csv, and the chart with its table in
    plots/few_steps; scores are means over seeds, with their standard errors as _se and the ends of
    their 95 % intervals as _low and _high."""
    evaluator, data = load_evaluator(spec["evaluator"]), load_dataset(spec["data"])
    ((score, floor),) = evaluator.distance_floor(data, spec["n"]).items()
    means = means_over_seeds(table, score)
    figures = {f"{score}_floor": floor}
    for row in means.to_dict("records"):
        key = f"{row['model']}-{row['sampler']}-{row['steps']}"
        figures |= {key: row[score]}
        ends = {f"{key}_{end}": row[end] for end in ("se", "low", "high")}
        figures |= {end: value for end, value in ends.items() if value == value}
    save_json(f"metrics/few_steps/{name}.json", figures)
    save_table(f"metrics/few_steps/{name}.csv", table)
    line = table["model"] + " " + table["sampler"]
    wide = table.assign(line=line).pivot_table(score, "steps", "line", sort=False).sort_index()
    save_table(f"plots/few_steps/{name}.csv", wide.assign(floor=floor), index=True)
    named = means.assign(method=means["model"].map(methods_of(means["model"].unique())))
    lines(named, score, floor, spec["n"], f"plots/few_steps/{name}.png")


def methods_of(models: Any) -> dict[str, str]:
    """The objective of each model, by which a figure names and colours it; its own name where two
    share one, or where params.yaml does not have it."""
    known = params.load()["models"]
    found = {name: known.get(name, {}).get("objective", name) for name in models}
    alone = [*found.values()]
    return {name: method if alone.count(method) == 1 else name for name, method in found.items()}


def means_over_seeds(table: pandas.DataFrame, score: str) -> pandas.DataFrame:
    """A row a model, sampler and number of steps: nfe, the mean score, its standard error `se` and
    the ends of its 95 % interval, `low` and `high`. The error is that of single seeds where they
    are known, else from the spread over seeds, with an interval by Student's t (NaN for one
    seed)."""
    groups = table.groupby(["model", "sampler", "steps"], sort=False)
    means, count = groups[["nfe", score]].mean(), groups.size()
    half: Any  # of the interval
    if f"{score}_se" in table:
        squares = table.assign(square=table[f"{score}_se"] ** 2)
        total = squares.groupby(["model", "sampler", "steps"], sort=False)["square"].sum()
        error = total**0.5 / count
        half = Z * error
    else:
        error = groups[score].sem()
        half = student.ppf(0.975, count - 1) * error
    ends = {"low": means[score] - half, "high": means[score] + half}
    return means.assign(se=error, **ends).reset_index()
