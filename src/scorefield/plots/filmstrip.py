"""Trajectories of images from noise to samples."""

from torch import Tensor

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.grid import show


def filmstrip(frames: Tensor, path: str) -> None:
    """Trajectories (F, 8, C, H, W), one row for each sample, time from left to right."""
    figure, axis = subplots(figsize=(0.8 * len(frames), 6.4))
    show(axis, frames.transpose(0, 1).flatten(0, 1), len(frames))
    keep(figure, path)
