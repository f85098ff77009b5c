"""Figures along a path: the classes it passes through, and its distance from the data."""

import pandas
import torch
from torch import Tensor

from scorefield.core.datasets import Dataset
from scorefield.core.results import MotionEnergy
from scorefield.core.schedule import time_at
from scorefield.metrics.evaluators import Evaluator, FeatureEvaluator, LawEvaluator

AT_LEVELS = ("action", "length", "drop")
TEXT = ("action", "length", "barrier", "drop", "certainty", "calls")
TARGETS = {"goal": "goal", "reached": "point that the Hamiltonian motion reached"}
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
    """Means over pairs of endpoints and noise levels: action_*, barrier_* and the like for paths to
    the point that the Hamiltonian motion reached, goal_* for paths to the goal; and the action,
    length and drop at single noise levels, as goal_action_line_0.5. `lowest` is the share of
    cases in which the instanton has the least time-free action, within .1 %; `curl` is the mean
    difference between the work along an instanton to the goal and along the straight line;
    `energy_drift` is
    the largest change of energy over all motions, divided by the motion's largest kinetic
    energy."""
    figures: dict[str, float] = {}
    for (target, method), rows in table.groupby(["target", "method"], sort=False):
        before = "" if target == "reached" else f"{target}_"
        for key in rows.columns.drop(["noise", "endpoints", "target", "method"]):
            if rows[key].notna().all():
                figures[f"{before}{key}_{method}"] = float(rows[key].mean())
    goal = table[table["target"] == "goal"]
    for (method, noise), rows in goal.groupby(["method", "noise"], sort=False):
        for key in [key for key in AT_LEVELS if key in rows]:
            figures[f"goal_{key}_{method}_{noise:g}"] = float(rows[key].mean())
    wide = table.pivot_table("action", ["noise", "endpoints", "target"], "method")
    wide = wide.dropna(subset="instanton")
    best = table[(table["method"] == "instanton") & (table["target"] == "goal")]
    return figures | {
        "energy_drift": max(motion.drift() for motion in motions),
        "lowest": float((wide["instanton"] <= 1.001 * wide.min(axis=1)).mean()),
        "curl": float((best["rise"] - best["rise_straight"]).abs().mean()),
    }


def path_text(table: pandas.DataFrame, figures: dict[str, float]) -> str:
    """The study as plain text: a table of the methods for each noise level and target, means over
    pairs of endpoints, and the figures of convergence."""
    keys = [key for key in TEXT if key in table]
    lines = [
        "Paths, means over pairs of endpoints; action is time-free; barrier and drop of log p",
        "",
    ]
    for (noise, target), rows in table.groupby(["noise", "target"], sort=False):
        lines.append(f"noise level {noise:g}, to the {TARGETS.get(str(target), f'{target} end')}")
        means = rows.groupby("method", sort=False)[keys].mean().reset_index()
        lines += [means.to_string(index=False, float_format="%.4g", na_rep="-"), ""]
    return "\n".join([*lines, *(f"{key}: {value:.4g}" for key, value in figures.items()), ""])
