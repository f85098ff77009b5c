"""Paths of points in 2-D over the true density."""

import numpy as np
import torch
from torch import Tensor

from scorefield.core.schedule import time_at
from scorefield.metrics.evaluators import LawEvaluator
from scorefield.plots.canvas import keep, panel_row, side_legend
from scorefield.plots.path_styles import METHODS, STYLES, label

REACH, SIDE, LOWEST = 4.2, 160, -14  # of the square; pixels; the least log p that is shown


def log_density(evaluator: LawEvaluator, noise: float) -> tuple[Tensor, Tensor]:
    """Coordinates (SIDE,) of a square grid, and the true log p_t on it (SIDE, SIDE), rows along
    y."""
    line = torch.linspace(-REACH, REACH, SIDE, dtype=torch.float64)
    schedule, square = evaluator.schedule, torch.cartesian_prod(line, line)
    found = evaluator.law.log_prob(schedule, square, time_at(schedule, noise))
    return line, found.view(SIDE, SIDE).mT.clamp_min(LOWEST)


def walk(points: Tensor, evaluator: LawEvaluator, noise: float) -> Tensor:
    """A path (N + 1, 2) as frames (N + 1, 1, SIDE, SIDE) of a dot that moves over the density."""
    line, height = log_density(evaluator, noise)
    background = 0.9 - 1.6 * (height - LOWEST) / (height.max() - LOWEST)
    dx = line[None, None] - points[:, :1, None]
    dy = line[None, :, None] - points[:, 1:, None]
    frames = background.where(dx**2 + dy**2 > 0.02, -1.0)
    return frames.flip(1)[:, None]


def path_density(
    panels: dict[str, dict[tuple[str, str], Tensor]],
    noise: dict[str, float],
    evaluator: LawEvaluator,
    path: str,
) -> None:
    """One panel for each pair of endpoints: its paths (N + 1, 2), by method and target, over the
    true log p_t of its noise level; the start is a circle, the goal a star."""
    figure, axes = panel_row(len(panels), (3.6, 3.9))
    for axis, (title, paths) in zip(axes, panels.items(), strict=True):
        line, height = log_density(evaluator, noise[title])
        levels = np.linspace(LOWEST, float(height.max()), 15)
        areas = axis.contourf(line, line, height, levels, cmap="Greys", alpha=0.6)
        areas.set_rasterized(True)  # as curves they make an SVG of megabytes
        for (method, target), points in paths.items():
            style = {"color": METHODS[method][1], "ls": STYLES[target]}
            axis.plot(*points.mT, lw=1.6, label=label(method, target), **style)
        start, goal = next(p for (_, target), p in paths.items() if target == "goal")[[0, -1]]
        for end, marker in ((start, "o"), (goal, "*")):
            axis.plot(*end, marker, ms=9, mfc="white", mec="black", zorder=9)
        axis.set_title(title, fontsize=8)
        axis.set(aspect="equal", xlabel="first coordinate of x_t", ylabel="second coordinate")
    side_legend(figure, axes)
    keep(figure, path)
