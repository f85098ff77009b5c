"""What is met along a path: classes, their certainty, and the way to the data."""

import pandas
import torch
from torch import Tensor

from scorefield.core.datasets import Dataset
from scorefield.core.schedule import time_at
from scorefield.core.studies import MotionEnergy
from scorefield.metrics.evaluators import Evaluator, FeatureEvaluator, LawEvaluator

REAL = 200  # test examples whose distance from the training examples is the unit of others


def nearest(x: Tensor, train: Tensor) -> Tensor:
    """The distance of rows (N, ...) to the nearest of `train`, (N,)."""
    far = torch.cdist(x.flatten(1).double(), train.flatten(1).double())
    return far.min(1).values


def passage(clean: Tensor, data: Dataset, evaluator: Evaluator) -> dict[str, float]:
    """Of what a denoiser sees along a path (N + 1, ...): the mean distance to the nearest training
    example, in units of that of test examples; and where the evaluator knows the classes of images
    its least and mean certainty, and how often its class changes."""
    usual = nearest(data.test[:REAL], data.train).mean()
    figures = {"distance": (nearest(clean, data.train).mean() / usual).item()}
    if not isinstance(evaluator, FeatureEvaluator):
        return figures
    _, chance = evaluator.read(clean.float())
    if chance is None:
        return figures
    top, guess = chance.max(1)
    figures |= {"certainty": top.mean().item(), "certainty_least": top.min().item()}
    return figures | {"switches": int((guess[1:] != guess[:-1]).sum())}


def fall(path: Tensor, evaluator: LawEvaluator, noise: float) -> float:
    """The deepest fall of the true log p_t below the start, along points (N + 1, D) at the noise
    level sigma / alpha = `noise`."""
    t = time_at(evaluator.schedule, noise)
    found = evaluator.law.log_prob(evaluator.schedule, path.double(), t)
    return (found[0] - found.min()).item()


def summed(table: pandas.DataFrame, motions: list[MotionEnergy]) -> dict[str, float]:
    """Means over journeys: action_*, barrier_* and the like between the ends that the Hamiltonian
    motion reached, goal_* between those that were the goal; `lowest`, the share of journeys where
    the instanton has the least time-free action within .1 %; `curl`, how far the work along an
    instanton is from that along the straight line; and `energy_drift`, the largest change of energy
    of all motions, in units of the top of a motion's kinetic energy."""
    figures: dict[str, float] = {}
    for (ends, method), rows in table.groupby(["ends", "method"], sort=False):
        before = "goal_" if ends == "goal" else ""
        for key in rows.columns.drop(["noise", "journey", "ends", "method"]):
            if rows[key].notna().all():
                figures[f"{before}{key}_{method}"] = float(rows[key].mean())
    drifts = [
        ((each.energy - each.energy[0]).abs().max() / each.kinetic.max()).item() for each in motions
    ]
    wide = table.pivot_table("action", ["noise", "journey", "ends"], "method")
    lowest = (wide["instanton"] <= 1.001 * wide.min(axis=1)).mean()
    best = table[table["method"] == "instanton"]
    curl = (best["rise"] - best["rise_straight"]).abs().mean()
    return figures | {"energy_drift": max(drifts), "lowest": float(lowest), "curl": float(curl)}
