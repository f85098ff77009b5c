"""Images in a grid."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from torch import Tensor
from torch.nn.functional import pad

from scorefield.pipeline.files import to_unit
from scorefield.plots.canvas import keep, subplots


def show(axis: Axes, images: Tensor, columns: int) -> None:
    """Draws images (N, C, H, W), bytes or floats that are clipped to [-1, 1], row by row."""
    framed = pad((to_unit(images).clamp(-1, 1) + 1) / 2, (1, 1, 1, 1), value=0.5)
    framed = pad(framed, (0, 0, 0, 0, 0, 0, 0, -len(images) % columns), value=0.5)
    rows = framed.unflatten(0, (-1, columns)).permute(0, 3, 1, 4, 2).flatten(0, 1).flatten(1, 2)
    colours = rows.expand(-1, -1, 3) if rows.shape[2] == 1 else rows
    axis.imshow(colours.numpy(), interpolation="none")
    axis.set_axis_off()


def label_columns(axis: Axes, labels: Sequence[str], width: int) -> None:
    """Writes a label above each column of the grid of `show`, whose images are so wide with their
    frame."""
    for i, label in enumerate(labels):
        axis.annotate(
            label, ((i + 0.5) * width, -3), ha="center", va="bottom", fontsize=7,
            annotation_clip=False,
        )  # fmt: skip


def label_rows(axis: Axes, labels: Sequence[str], height: int) -> None:
    """Writes a label before each row of the grid of `show`, whose images are so high with their
    frame."""
    for i, label in enumerate(labels):
        axis.annotate(
            label, (-4, (i + 0.5) * height), ha="right", va="center", fontsize=8,
            annotation_clip=False,
        )  # fmt: skip


def grid(images: Tensor, path: str, columns: int = 10) -> None:
    """A figure of up to 100 images (N, C, H, W), bytes or in [-1, 1]."""
    figure, axis = subplots(figsize=(6, 6 * (len(images[:100]) / columns**2) + 0.05))
    show(axis, images[:100], columns)
    keep(figure, path)
