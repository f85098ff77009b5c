"""Figures along a path: the classes it passes through, and its distance from the data."""

import pandas
import torch
from torch import Tensor

from scorefield.core.datasets import Dataset
from scorefield.core.results import MotionEnergy
from scorefield.core.schedule import time_at
from scorefield.metrics.evaluators import Evaluator, FeatureEvaluator, LawEvaluator

REFERENCE = 200  # test examples; their mean distance to the training examples is the unit


def nearest(x: Tensor, train: Tensor) -> Tensor:
    """The distance of each row (N, ...) to the nearest one of `train`, (N,)."""
    distances = torch.cdist(x.flatten(1).double(), train.flatten(1).double())
    return distances.min(1).values


def along_path(clean: Tensor, data: Dataset, evaluator: Evaluator) -> dict[str, float]:
    """Figures of a denoised path (N + 1, ...): `distance`, the mean distance to the nearest
    training example, divided by that of test examples; and where an evaluator of images knows the
    classes, its mean and least `certainty` and `switches`, the number of changes of the class."""
    usual = nearest(data.test[:REFERENCE], data.train).mean()
    figures = {"distance": (nearest(clean, data.train).mean() / usual).item()}
    if not isinstance(evaluator, FeatureEvaluator):
        return figures
    _, probabilities = evaluator.read(clean.float())
    if probabilities is None:
        return figures
    certainty, label = probabilities.max(1)
    figures |= {"certainty": certainty.mean().item(), "certainty_least": certainty.min().item()}
    return figures | {"switches": int((label[1:] != label[:-1]).sum())}


def true_barrier(path: Tensor, evaluator: LawEvaluator, noise: float) -> float:
    """The largest decrease of the true log p_t below its value at the start, along points (N + 1,
    D) at the noise level sigma / alpha = `noise`."""
    t = time_at(evaluator.schedule, noise)
    found = evaluator.law.log_prob(evaluator.schedule, path.double(), t)
    return (found[0] - found.min()).item()


def path_summary(table: pandas.DataFrame, motions: list[MotionEnergy]) -> dict[str, float]:
    """Means over pairs of endpoints: action_*, barrier_* and the like for paths to the point that
    the Hamiltonian motion reached, goal_* for paths to the goal. `lowest` is the share of cases in
    which the instanton has the least time-free action, within .1 %; `curl` is the mean difference
    between the work along an instanton and along the straight line; `energy_drift` is the largest
    change of energy over all motions, divided by the motion's largest kinetic energy."""
    figures: dict[str, float] = {}
    for (target, method), rows in table.groupby(["target", "method"], sort=False):
        before = "goal_" if target == "goal" else ""
        for key in rows.columns.drop(["noise", "endpoints", "target", "method"]):
            if rows[key].notna().all():
                figures[f"{before}{key}_{method}"] = float(rows[key].mean())
    drifts = [
        ((each.energy - each.energy[0]).abs().max() / each.kinetic.max()).item() for each in motions
    ]
    wide = table.pivot_table("action", ["noise", "endpoints", "target"], "method")
    lowest = (wide["instanton"] <= 1.001 * wide.min(axis=1)).mean()
    best = table[table["method"] == "instanton"]
    curl = (best["rise"] - best["rise_straight"]).abs().mean()
    return figures | {"energy_drift": max(drifts), "lowest": float(lowest), "curl": float(curl)}
