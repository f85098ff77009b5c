"""Guided images below unguided ones from the same noise."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from matplotlib.patches import Rectangle
from torch import Tensor

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.grid import label_rows, show


class Row(NamedTuple):
    """Images (N, C, H, W) of one variant, and which of them are in the rare mode and in none."""

    images: Tensor
    rare_mode: Tensor
    off_mode: Tensor


def guided_images(panels: Mapping[str, Mapping[str, Row]], path: str) -> None:
    """One panel for each title, one row for each variant. Frames mark the rare mode (green) and
    off-mode images (red)."""
    most = max(len(rows) for rows in panels.values())
    size = (11, (0.55 * most + 0.4) * len(panels))
    figure, axes = subplots(len(panels), 1, figsize=size, squeeze=False)
    for axis, (title, rows) in zip(axes[:, 0], panels.items(), strict=True):
        columns = len(next(iter(rows.values())).images)
        show(axis, torch.cat([row.images for row in rows.values()]), columns)
        height, width = (side + 2 for side in next(iter(rows.values())).images.shape[2:])
        label_rows(axis, [*rows], height)
        for i, row in enumerate(rows.values()):
            for mark, colour in ((row.rare_mode, "limegreen"), (row.off_mode, "tomato")):
                for j in mark.nonzero()[:, 0].tolist():
                    corner = (j * width - 0.5, i * height - 0.5)
                    frame = Rectangle(corner, width - 1, height - 1, fill=False)
                    frame.set(edgecolor=colour, linewidth=1.3)
                    axis.add_patch(frame)
        axis.set_title(title, fontsize=9)
    figure.suptitle(
        "Each column starts from the same noise. Green: readable, of the rare class (such columns "
        "come first); red: not readable",
        fontsize=9,
    )
    keep(figure, path)
