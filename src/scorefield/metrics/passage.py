"""What is met along a path: classes, their certainty, and the way to the data."""

import pandas
import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.core.schedule import time_at
from scorefield.metrics.coherence import read


def nearest(x: Tensor, train: Tensor) -> Tensor:
    """The distance of rows (N, ...) to the nearest of `train`, (N,)."""
    far = torch.cdist(x.flatten(1).double(), train.flatten(1).double())
    return far.min(1).values


def passage(clean: Tensor, data: dict[str, Tensor], judge: Model) -> dict[str, float]:
    """Of what a denoiser sees along a path (N + 1, ...): the mean distance to the nearest training
    example, in units of that of test examples; and of images the judge's least and mean certainty,
    and how often its class changes."""
    usual = nearest(data["test"][:200], data["train"]).mean()
    figures = {"distance": (nearest(clean, data["train"]).mean() / usual).item()}
    if clean.ndim < 4:
        return figures
    _, chance = read(clean.float(), judge)
    top, guess = chance.max(1)
    figures |= {"certainty": top.mean().item(), "certainty_least": top.min().item()}
    return figures | {"switches": int((guess[1:] != guess[:-1]).sum())}


def fall(path: Tensor, judge: Model, noise: float) -> float:
    """The deepest fall of the true log p_t below the start, of a judge that knows its law."""
    t = time_at(judge.schedule, noise)
    found = judge.net.law().log_prob(judge.schedule, path.double(), t)
    return (found[0] - found.min()).item()


def summed(table: pandas.DataFrame, motions: list[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Means over journeys: action_*, barrier_* and the like between the ends that the Hamiltonian
    motion reached, goal_* between those that were the goal; `lowest`, the share of journeys where
    the instanton has the least time-free action within .1 %; `curl`, how far the work along an
    instanton is from that along the straight line; and `energy_drift`, the largest change of energy
    of all motions, given as energy and kinetic energy (S + 1,), in units of the latter's top."""
    figures = {}
    for (ends, method), rows in table.groupby(["ends", "method"], sort=False):
        for key in rows.columns.drop(["noise", "journey", "ends", "method"]):
            if rows[key].notna().all():
                before = "goal_" if ends == "goal" else ""
                figures[f"{before}{key}_{method}"] = float(rows[key].mean())
    drifts = [((e - e[0]).abs().max() / k.max()).item() for e, k in motions]
    wide = table.pivot_table("action", ["noise", "journey", "ends"], "method")
    lowest = (wide["instanton"] <= 1.001 * wide.min(axis=1)).mean()
    best = table[table["method"] == "instanton"]
    curl = (best["rise"] - best["rise_straight"]).abs().mean()
    return figures | {"energy_drift": max(drifts), "lowest": float(lowest), "curl": float(curl)}
