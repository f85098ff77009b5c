"""Trajectories of images from noise to samples."""

from collections.abc import Sequence

from torch import Tensor

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.grid import label_columns, show


def filmstrip(frames: Tensor, path: str, times: Sequence[str], title: str = "") -> None:
    """Trajectories (F, 8, C, H, W), one row for each sample, with the time of each column."""
    figure, axis = subplots(figsize=(0.8 * len(frames), 6.6))
    show(axis, frames.transpose(0, 1).flatten(0, 1), len(frames))
    label_columns(axis, times, frames.shape[-1] + 2)
    figure.suptitle(title, fontsize=9)
    keep(figure, path)
