"""Rows of images below the images that they should match."""

from collections.abc import Mapping

import torch
from torch import Tensor

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.grid import show


def matched(panels: Mapping[str, tuple[Tensor, ...]], path: str, columns: int = 20) -> None:
    """One panel for each title; the images (N, C, H, W) of each tensor are a row."""
    columns = min(columns, *(len(row) for rows in panels.values() for row in rows))
    figure, axes = subplots(len(panels), 1, figsize=(11, 0.6 + 1.7 * len(panels)), squeeze=False)
    for axis, (title, rows) in zip(axes[:, 0], panels.items(), strict=True):
        show(axis, torch.cat([row[:columns] for row in rows]), columns)
        axis.set_title(title, fontsize=9)
    keep(figure, path)
