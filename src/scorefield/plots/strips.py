"""Paths of images, one row each."""

import torch
from torch import Tensor

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.grid import show


def strips(panels: dict[str, dict[str, Tensor]], path: str, columns: int = 13) -> None:
    """One panel for each pair of endpoints: each path (N + 1, C, H, W) is a row of nodes at equal
    steps, with its label beside it."""
    rows = max(len(panel) for panel in panels.values())
    size = ((0.5 * columns + 2.2) * len(panels), 0.57 * rows + 0.4)
    figure, axes = subplots(1, len(panels), figsize=size, squeeze=False)
    for axis, (title, panel) in zip(axes[0], panels.items(), strict=True):
        picked = [evenly(path_of_images, columns) for path_of_images in panel.values()]
        show(axis, torch.cat(picked), columns)
        axis.set_title(title, fontsize=9)
        height = picked[0].shape[2] + 2
        for i, name in enumerate(panel):
            place = (-4, (i + 0.5) * height)
            axis.annotate(name, place, ha="right", va="center", fontsize=7, annotation_clip=False)
    keep(figure, path)


def evenly(images: Tensor, count: int) -> Tensor:
    """`count` of the images (N, ...) at equal steps, from the first to the last."""
    return images[torch.linspace(0, len(images) - 1, count).round().long()]
