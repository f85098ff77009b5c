"""Rows of images below the images that they should match."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.grid import label_rows, show

COLOURS = {True: "limegreen", False: "tomato"}
KEY = "number: class by the classifier; green: that of y, red: another one"


class Row(NamedTuple):
    """Images (N, C, H, W) with a label; and where it is known the class of each (N,), and whether
    it is the right one (N,)."""

    label: str
    images: Tensor
    classes: Tensor | None = None
    right: Tensor | None = None


def matched(panels: Mapping[str, Sequence[Row]], path: str, columns: int = 20) -> None:
    """One panel for each title, one row of images for each `Row`. A frame is green around an image
    of the right class and red around another; the number in its corner is its class."""
    columns = min(columns, *(len(row.images) for rows in panels.values() for row in rows))
    heights = [len(rows) for rows in panels.values()]
    figure, axes = subplots(
        len(panels),
        1,
        figsize=(11, 0.4 + 0.4 * len(panels) + 0.46 * sum(heights)),
        squeeze=False,
        height_ratios=heights,
    )
    for axis, (title, rows) in zip(axes[:, 0], panels.items(), strict=True):
        show(axis, torch.cat([row.images[:columns] for row in rows]), columns)
        axis.set_title(title, fontsize=9)
        label_rows(axis, [row.label for row in rows], rows[0].images.shape[2] + 2)
        for i, row in enumerate(rows):
            mark(axis, row, i, columns)
    if any(row.right is not None for rows in panels.values() for row in rows):
        figure.supxlabel(KEY, fontsize=8)
    keep(figure, path)


def mark(axis: Axes, row: Row, place: int, columns: int) -> None:
    """Draws frames and classes of the images of a row into the grid of `show`."""
    height, width = (side + 2 for side in row.images.shape[2:])
    for j in range(columns):
        corner = (j * width - 0.5, place * height - 0.5)
        if row.right is not None:
            colour = COLOURS[bool(row.right[j])]
            frame = Rectangle(corner, width - 1, height - 1, fill=False, ec=colour, lw=1.2)
            axis.add_patch(frame)
        if row.classes is not None:
            colour = "white" if row.right is None else COLOURS[bool(row.right[j])]
            said = str(int(row.classes[j]))
            axis.text(corner[0] + 2, corner[1] + 3, said, color=colour, fontsize=6, va="top")
