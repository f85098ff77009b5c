"""The most and the least unstable images, and the instability of each pixel: of single images, and
along trajectories."""

from collections.abc import Sequence

import torch
from torch import Tensor

from scorefield.core.results import Frames
from scorefield.plots.canvas import keep, subplots
from scorefield.plots.grid import label_columns, label_rows, show

BRIGHT = 0.995  # the quantile that gets the brightest colour


def most_and_least(images: Tensor, score: Tensor, title: str, path: str, columns: int = 16) -> None:
    """The least (above) and the most unstable of images (N, C, H, W) by a score (N,)."""
    order = score.argsort()
    parts = {"least": order[:columns], "most": order[-columns:]}
    figure, axes = subplots(2, 1, figsize=(9, 2.0))
    for axis, (name, part) in zip(axes, parts.items(), strict=True):
        show(axis, images[part], columns)
        axis.set_title(f"{name} unstable: {title}", fontsize=9)
    keep(figure, path)


def along_trajectory(frames: Frames, path: str, times: Sequence[str], title: str = "") -> None:
    """Three rows for each image: x_t, the posterior mean and the posterior variance of each pixel,
    with the time of each column; the variance is scaled in each image by its maximum."""
    x, mean = frames.x, frames.mean
    spread = frames.variance.mean(2, keepdim=True).clamp_min(0)
    brightest = spread.flatten(1).amax(1).view(-1, 1, 1, 1, 1).clamp_min(1e-12)
    scaled = 2 * spread / brightest - 1
    rows = torch.stack([x, mean, scaled.expand_as(x)], 1).flatten(1, 2)
    order = [k * x.shape[1] + i for i in range(x.shape[1]) for k in range(3)]
    strip = rows[:, order].transpose(0, 1).flatten(0, 1)
    figure, axis = subplots(figsize=(0.75 * len(x) + 1, 0.75 * len(order)))
    show(axis, strip, len(x))
    label_columns(axis, times, x.shape[-1] + 2)
    label_rows(axis, ("x_t", "mean", "variance") * x.shape[1], x.shape[-2] + 2)
    figure.suptitle(title, fontsize=9)
    keep(figure, path)


def pixel_maps(
    images: dict[str, Tensor], variances: dict[str, Tensor], title: str, path: str
) -> None:
    """A row for each set of images (S, C, H, W), in gray, and for each of their maps of posterior
    variance (S, C, H, W), all in one colour scale; the first rows are the images."""
    rows, count = {**images, **variances}, len(next(iter(images.values())))
    top = max(value.mean(1).quantile(BRIGHT).item() for value in variances.values())
    figure, axes = subplots(
        len(rows), count, figsize=(0.95 * count + 2.2, 0.95 * len(rows) + 0.4), squeeze=False
    )
    for line, (name, values) in zip(axes, rows.items(), strict=True):
        scale = (-1, 1, "gray") if name in images else (0, top, "magma")
        low, high, colours = scale
        for axis, value in zip(line, values.mean(1), strict=True):
            drawn = axis.imshow(
                value.numpy(), vmin=low, vmax=high, cmap=colours, interpolation="none"
            )
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, fontsize=7, rotation=0, ha="right", va="center")
    figure.colorbar(
        drawn, ax=axes[len(images) :], shrink=0.8, label="posterior variance of a pixel"
    )
    figure.suptitle(title, fontsize=9)
    keep(figure, path)
