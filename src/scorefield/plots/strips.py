"""Paths of images as rows."""

import torch
from torch import Tensor

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.grid import show


def strips(panels: dict[str, dict[str, Tensor]], path: str, columns: int = 13) -> None:
    """A panel a journey: each path (N + 1, C, H, W) is a row, at equal distances of nodes."""
    rows = max(len(panel) for panel in panels.values())
    size = (0.55 * columns * len(panels) + 0.6, 0.57 * rows + 0.4)
    figure, axes = subplots(1, len(panels), figsize=size, squeeze=False)
    for axis, (title, panel) in zip(axes[0], panels.items(), strict=True):
        picked = [p[torch.linspace(0, len(p) - 1, columns).round().long()] for p in panel.values()]
        show(axis, torch.cat(picked), columns)
        axis.set_title(title, fontsize=9)
        if axis is axes[0, 0]:
            height = picked[0].shape[2] + 2
            for i, name in enumerate(panel):
                place = (-4, (i + 0.5) * height)
                axis.annotate(name, place, ha="right", va="center", fontsize=7, xycoords="data")
    keep(figure, path)
