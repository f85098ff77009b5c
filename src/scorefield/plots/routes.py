"""Paths of points, over the true density."""

import numpy as np
import torch
from torch import Tensor

from scorefield.core.schedule import time_at
from scorefield.metrics.evaluators import LawEvaluator
from scorefield.plots.canvas import keep, subplots

REACH, SIDE = 4.2, 160


def heights(evaluator: LawEvaluator, noise: float) -> tuple[Tensor, Tensor]:
    """A line of coordinates (SIDE,) and the true log p_t on its square, rows along y."""
    line = torch.linspace(-REACH, REACH, SIDE, dtype=torch.float64)
    schedule, square = evaluator.schedule, torch.cartesian_prod(line, line)
    found = evaluator.law.log_prob(schedule, square, time_at(schedule, noise))
    return line, found.view(SIDE, SIDE).mT.clamp_min(-14)


def walk(route: Tensor, evaluator: LawEvaluator, noise: float) -> Tensor:
    """A path (N + 1, 2) as images (N + 1, 1, SIDE, SIDE) of a dot over the density."""
    line, height = heights(evaluator, noise)
    ground = 0.9 - 1.6 * (height + 14) / (height.max() + 14)
    dx, dy = line[None, None] - route[:, :1, None], line[None, :, None] - route[:, 1:, None]
    frames = ground.where(dx**2 + dy**2 > 0.02, -1.0)
    return frames.flip(1)[:, None]


def routes(
    panels: dict[str, dict[str, Tensor]],
    noise: dict[str, float],
    evaluator: LawEvaluator,
    path: str,
) -> None:
    """A panel a journey: its paths (N + 1, 2) over the true log p_t of its noise level."""
    figure, axes = subplots(1, len(panels), figsize=(3.6 * len(panels), 3.9), squeeze=False)
    for axis, (title, paths) in zip(axes[0], panels.items(), strict=True):
        line, height = heights(evaluator, noise[title])
        levels = np.linspace(-14, float(height.max()), 15)
        axis.contourf(line, line, height, levels, cmap="Blues", alpha=0.8)
        for name, route in paths.items():
            axis.plot(*route.mT, lw=1.5, label=name)
        axis.set_title(title, fontsize=8)
        axis.set(aspect="equal", xticks=[], yticks=[])
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center", fontsize=7)
    keep(figure, path)
