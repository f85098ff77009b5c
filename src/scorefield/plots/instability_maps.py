"""The most and the least unstable images, and the instability of each pixel along trajectories."""

import torch
from torch import Tensor

from scorefield.core.results import Frames
from scorefield.plots.canvas import keep, subplots
from scorefield.plots.grid import show


def most_and_least(images: Tensor, score: Tensor, title: str, path: str, columns: int = 16) -> None:
    """The least (above) and the most unstable of images (N, C, H, W) by a score (N,)."""
    order = score.argsort()
    parts = {"least": order[:columns], "most": order[-columns:]}
    figure, axes = subplots(2, 1, figsize=(9, 2.0))
    for axis, (name, part) in zip(axes, parts.items(), strict=True):
        show(axis, images[part], columns)
        axis.set_title(f"{name} unstable: {title}", fontsize=9)
    keep(figure, path)


def along_trajectory(frames: Frames, path: str) -> None:
    """Three rows for each image: x_t, the posterior mean and the posterior variance of each pixel,
    time from left to right; the variance is scaled in each frame by its maximum."""
    x, mean = frames.x, frames.mean
    spread = frames.variance.mean(2, keepdim=True).clamp_min(0)
    brightest = spread.flatten(1).amax(1).view(-1, 1, 1, 1, 1).clamp_min(1e-12)
    scaled = 2 * spread / brightest - 1
    rows = torch.stack([x, mean, scaled.expand_as(x)], 1).flatten(1, 2)
    order = [k * x.shape[1] + i for i in range(x.shape[1]) for k in range(3)]
    strip = rows[:, order].transpose(0, 1).flatten(0, 1)
    figure, axis = subplots(figsize=(0.75 * len(x), 0.75 * len(order)))
    show(axis, strip, len(x))
    keep(figure, path)
