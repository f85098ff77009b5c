"""What samples were to match, the samples, and what the same noise becomes unguided."""

import torch
from torch import Tensor

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.grid import show


def matched(given: Tensor, guided: Tensor, unguided: Tensor, path: str, columns: int = 20) -> None:
    """Three rows of images (N, C, H, W), twice."""
    figure, axes = subplots(2, 1, figsize=(11, 3.6))
    for i, axis in enumerate(axes):
        part = slice(i * columns, (i + 1) * columns)
        show(axis, torch.cat([given[part], guided[part], unguided[part]]), columns)
    axes[0].set_title("to match / guided / unguided", fontsize=9)
    keep(figure, path)
