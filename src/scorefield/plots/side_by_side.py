"""Samples next to real images."""

from torch import Tensor

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.grid import show

SHOWN, COLUMNS = 64, 8


def side_by_side(fake: Tensor, real: Tensor, path: str, title: str = "") -> None:
    """The first 64 of each, images (N, C, H, W), bytes or in [-1, 1]."""
    figure, axes = subplots(1, 2, figsize=(9, 4.9))
    for axis, images, name in zip(axes, (fake, real), ("samples", "test images"), strict=True):
        show(axis, images[:SHOWN], COLUMNS)
        axis.set_title(name)
    figure.suptitle(title)
    keep(figure, path)
