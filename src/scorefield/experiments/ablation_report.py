"""An ablation as figures, a table and a picture."""

import re
from typing import Any

import pandas
import torch

from scorefield.experiments.ablation import EXACT
from scorefield.experiments.evaluators import load_evaluator
from scorefield.metrics.verdicts import paired_estimate
from scorefield.pipeline.files import load_dataset, save_json, save_table
from scorefield.plots.ablation import Panel, ablation_picture

DISTANCE, ERROR = re.compile(r"(mmd2|fid)_(\w+)_(\d+)"), re.compile(r"error_(.+)")
WORDS = {"mmd2": "squared MMD", "fid": "FID"}


def ablation_report(name: str, spec: dict[str, Any], table: pandas.DataFrame) -> None:
    """Write metrics/ablation/<name>.json and .csv and the picture. Figures are named
    variant_figure: the mean over seeds and, as _low and _high, its 95 % interval by Student's t."""
    save_table(f"metrics/ablation/{name}.csv", table)
    figures = {"seeds": float(len(spec["seeds"])), "n": float(spec["n"])}
    for row in intervals(table).to_dict("records"):
        key = f"{row['variant']}_{row['figure']}"
        figures |= {key: row["mean"], f"{key}_low": row["low"], f"{key}_high": row["high"]}
    save_json(f"metrics/ablation/{name}.json", figures)
    every = [panel(str(column), spec) for column in table]
    panels = [each for each in every if each is not None]
    ablation_picture(table, intervals(table), panels, EXACT, f"plots/ablation/{name}.png")


def intervals(table: pandas.DataFrame) -> pandas.DataFrame:
    """A row a variant and figure: the mean over seeds with the ends of its 95 % interval, which are
    the mean itself for one seed."""
    rows = []
    for variant, found in table.groupby("variant", sort=False):
        for figure in found.columns.drop(["variant", "seed"]):
            values = torch.tensor(found[figure].dropna().to_numpy(float))
            if len(values):
                rows.append({"variant": variant, "figure": figure} | interval(values))
    return pandas.DataFrame(rows)


def interval(values: torch.Tensor) -> dict[str, float]:
    """The mean of values (N,), with its 95 % interval where there are two or more."""
    if len(values) < 2:
        return dict.fromkeys(("mean", "low", "high"), values.item())
    found = paired_estimate(values)
    return {"mean": found.effect, "low": found.low, "high": found.high}


def panel(column: str, spec: dict[str, Any]) -> Panel | None:
    """What the picture says of a column of the table; nothing of one that it does not show."""
    if found := DISTANCE.fullmatch(column):
        score, sampler, steps = found.groups()
        title = f"{WORDS[score]}, {steps} {sampler} step{'s' * (steps != '1')}"
        data = load_dataset(spec["data"])
        floor = load_evaluator(spec["evaluator"]).distance_floor(data, spec["n"])
        return Panel(column, title, floor[score])
    if found := ERROR.fullmatch(column):
        alpha = float(found[1])
        relative = f", relative at {alpha:g}" if alpha else ""
        return Panel(column, f"RMS error of log r{relative}")
    return Panel(column, "spread of draws / posterior") if column == "spread" else None
