"""Samples of a model while it trains, with their score."""

from torch import Tensor

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.grid import show

SHOWN, POINTS = 36, 1000


def watched_images(x: Tensor, title: str, path: str) -> None:
    """A grid of the first images (N, C, H, W) in [-1, 1]."""
    figure, axis = subplots(figsize=(5, 5.3))
    show(axis, x[:SHOWN], 6)
    axis.set_title(title)
    keep(figure, path)


def watched_points(x: Tensor, real: Tensor, title: str, path: str) -> None:
    """The first two coordinates of samples (N, D) and of real points (M, D)."""
    figure, axis = subplots(figsize=(5, 4.6))
    for points, colour, label in ((real, "gray", "validation data"), (x, "C3", "samples")):
        rows = points[:POINTS]
        axis.scatter(rows[:, 0], rows[:, -1], s=4, c=colour, alpha=0.6, lw=0, label=label)
    axis.legend(frameon=False, markerscale=3)
    axis.set_title(title)
    keep(figure, path)
