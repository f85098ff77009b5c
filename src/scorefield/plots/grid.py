"""Images side by side."""

import torch
from torch import Tensor
from torchvision.utils import make_grid

from scorefield.plots.canvas import keep, subplots


def show(axis, images: Tensor, columns: int) -> None:
    """Images (N, C, H, W) in [-1, 1] on an axis, row by row."""
    tiled = make_grid((images.clamp(-1, 1) + 1) / 2, nrow=columns, padding=2, pad_value=0.5)
    axis.imshow(tiled.permute(1, 2, 0), interpolation="nearest")
    axis.set_axis_off()


def grid(images: Tensor, path: str, columns: int = 10) -> None:
    """A picture of up to 100 images (N, C, H, W) in [-1, 1]."""
    figure, axis = subplots(figsize=(6, 6 * (len(images[:100]) / columns**2) + 0.05))
    show(axis, images[:100], columns)
    keep(figure, path)


def beside(fake: Tensor, real: Tensor, path: str) -> None:
    """Sixty-four samples beside as many real images."""
    figure, axes = subplots(1, 2, figsize=(9, 4.7))
    for axis, images, title in zip(axes, (fake, real), ("samples", "test data"), strict=True):
        show(axis, images[:64], 8)
        axis.set_title(title)
    keep(figure, path)


def trajectory(frames: Tensor, path: str) -> None:
    """From noise on the left to samples on the right, (F, 8, C, H, W), a sample a row."""
    rows = frames.transpose(0, 1).flatten(0, 1)
    scale = rows.flatten(1).abs().amax(1).clamp_min(1)
    figure, axis = subplots(figsize=(0.8 * len(frames), 6.4))
    show(axis, rows / torch.where(scale > 1.5, scale, 1.0)[:, None, None, None], len(frames))
    keep(figure, path)
