"""Figures of paths: their actions, whether the search for them converged, and how far the network
can be trusted there."""

from typing import Any

import torch
from torch import Tensor

from scorefield.core.action import along, drop, geometric, inner, length, resampled, steps, work
from scorefield.core.denoiser import slope
from scorefield.core.likelihood import flow_log_prob
from scorefield.core.noise_level import NoiseLevel
from scorefield.core.results import MotionEnergy, PathRecord
from scorefield.experiments.path_search import GOAL, PathSet
from scorefield.paths._starts import line
from scorefield.paths.instanton import Instanton

BETWEEN = 9  # paths between two instantons that are looked at
WIDTH = 0.1  # of central differences along a unit vector, in units of sigma


def recorded(
    level: NoiseLevel, found_paths: PathSet, title: str, barriers: list[Tensor | None]
) -> list[PathRecord]:
    """The records of all paths; `barriers` are theirs by the probability flow."""
    records = []
    for found, barrier in zip(found_paths.paths, barriers, strict=True):
        even = resampled(found.path, found_paths.nodes)
        figures, risen = measured(level, even)
        if barrier is not None:
            figures["barrier_flow"] = barrier
        motion, history = None, None
        if found.motion:
            motion = MotionEnergy(found.motion.kinetic(), found.motion.energy())
        if found.instanton:
            figures |= converged(level, found.instanton)
        if found.instanton and found.target == GOAL:
            straight = line(even[0], even[-1], len(even) - 1)
            figures["rise_straight"] = along(level.field(), straight)[1][-1]
            figures |= trusted(level, found.path)
        if found.history:
            history = {name: torch.tensor(values) for name, values in found.history.items()}
        clean = level.clean(found.path)
        place = level.noise, title, found.target, found.method, found.calls
        records.append(PathRecord(*place, found.path, clean, even, risen, figures, motion, history))
    return records


@torch.no_grad()
def measured(level: NoiseLevel, even: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Figures () of a path in equal steps (N + 1, ...): the time-free action, barrier and drop (the
    deepest fall of log p below the start, and below any earlier point), length, and the rise of log
    p; and log p along it relative to the start (N + 1,), by work."""
    action, risen = along(level.field(), even)
    figures = {"action": action, "barrier": -risen.min(), "drop": drop(risen)}
    return figures | {"length": length(even), "rise": risen[-1]}, risen


@torch.no_grad()
def converged(level: NoiseLevel, found: Instanton) -> dict[str, Tensor]:
    """Figures () of an instanton: its `nodes`, and the `change` of its action when they were
    doubled for the last time; and where it came from several initial paths how far, relative to it,
    the second best action is above it (`gap`) and the largest action of the paths between both
    above the second best (`pass`): above 0, the two are different minima."""
    field, nodes = level.field(), torch.tensor(float(len(found.path) - 1))
    figures = {"nodes": nodes, "change": torch.tensor(found.change)}
    actions = {name: geometric(field, path) for name, path in found.found.items()}
    best, action = found.found[found.start], actions[found.start]
    for name in sorted(actions, key=lambda name: actions[name].item())[1:2]:
        parts = torch.linspace(0, 1, BETWEEN + 2, dtype=torch.float64).tolist()
        one, other = alike(best, found.found[name])
        between = [(1 - s) * one + s * other for s in parts]
        highest = torch.stack([geometric(field, path) for path in between]).max()
        figures["gap"] = (actions[name] - action) / action
        figures["pass"] = (highest - actions[name]) / action
    return figures


def alike(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Two paths, the one with fewer nodes with as many as the other."""
    count = max(len(one), len(other)) - 1
    a, b = (path if len(path) > count else resampled(path, count) for path in (one, other))
    return a, b


def trusted(level: NoiseLevel, path: Tensor) -> dict[str, Tensor]:
    """Figures () of the field along a path (N + 1, ...): the mean step in units of sigma
    (`spacing`), the size of a pixel of the noise that the network finds there, 1 where it was
    trained (`found_noise`), and how much the Jacobian of the denoiser is not symmetric, as that of
    a gradient would be (`asymmetry`): |J^T v - J v| / |J v| along the steps, J v by central
    differences and J^T v by a backward call."""
    step, at = steps(path)
    t, field = level.t, level.field()
    v = step / step.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, *[1] * (step.ndim - 1))
    with torch.no_grad():
        forward = slope(level.denoiser, at, t, v, WIDTH * level.sigma)
        b = field(at)
    x = at.detach().requires_grad_()
    with torch.enable_grad():
        (back,) = torch.autograd.grad((level.denoiser(x, t) * v).sum(), x)
    return {
        "spacing": length(path) / len(step) / level.sigma,
        "found_noise": level.sigma * (inner(b, b).mean() / b[0].numel()).sqrt(),
        "asymmetry": (back - forward).norm() / forward.norm().clamp_min(1e-6 * len(v) ** 0.5),
    }


def flow_barriers(
    level: NoiseLevel, found: PathSet, train: Tensor, spec: dict[str, Any]
) -> list[Tensor | None]:
    """The fall of log p (), by the probability flow, from the start of each path to the node where
    log p by work is deepest; None for paths that do not lead to the goal, and for all if the
    study has flow: 0."""
    kept = [each.path for each in found.paths if each.target == GOAL]
    none: list[Tensor | None] = [None] * (len(found.paths) - len(kept))
    if spec["flow"] == 0:
        return none + [None] * len(kept)
    tops = [path[work(level.field(), path).argmin()] for path in kept]
    flat = train.flatten(1).double()
    prior = flat.mean(0), torch.cov(flat.mT)
    numbers = {"steps": spec["flow"], "probes": spec["probes"], "seed": spec["seed"]}
    points = torch.stack([kept[0][0], *tops])
    log_p = flow_log_prob(level.denoiser, points, level.t, prior, **numbers)
    return none + [log_p[0] - top for top in log_p[1:]]
