"""Paths in the plane, over the true density."""

import numpy as np
import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.core.schedule import time_at
from scorefield.plots.canvas import keep, subplots

REACH, SIDE = 4.2, 160


def heights(judge: Model, noise: float) -> tuple[Tensor, Tensor]:
    """A line of coordinates (SIDE,) and log p_t of the judge's law on its square, rows along y."""
    line = torch.linspace(-REACH, REACH, SIDE, dtype=torch.float64)
    t = time_at(judge.schedule, noise)
    at = judge.net.law().log_prob(judge.schedule, torch.cartesian_prod(line, line), t)
    return line, at.view(SIDE, SIDE).mT.clamp_min(-14)


def walk(route: Tensor, judge: Model, noise: float) -> Tensor:
    """A path (N + 1, 2) as images (N + 1, 1, SIDE, SIDE) of a dot over the density."""
    line, height = heights(judge, noise)
    ground = 0.9 - 1.6 * (height + 14) / (height.max() + 14)
    dx, dy = line[None, None] - route[:, :1, None], line[None, :, None] - route[:, 1:, None]
    frames = ground.where(dx**2 + dy**2 > 0.02, -1.0)
    return frames.flip(1)[:, None]


def routes(
    panels: dict[str, dict[str, Tensor]], noise: dict[str, float], judge: Model, path: str
) -> None:
    """A panel a journey: its paths (N + 1, 2) over log p_t of the judge's law."""
    figure, axes = subplots(1, len(panels), figsize=(3.6 * len(panels), 3.9), squeeze=False)
    for axis, (title, paths) in zip(axes[0], panels.items(), strict=True):
        line, height = heights(judge, noise[title])
        levels = np.linspace(-14, float(height.max()), 15)
        axis.contourf(line, line, height, levels, cmap="Blues", alpha=0.8)
        for name, route in paths.items():
            axis.plot(*route.mT, lw=1.5, label=name)
        axis.set_title(title, fontsize=8)
        axis.set(aspect="equal", xticks=[], yticks=[])
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center", fontsize=7)
    keep(figure, path)
