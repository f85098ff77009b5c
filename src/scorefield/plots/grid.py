"""Images in a grid."""

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
    axis.imshow(colours.numpy(), interpolation="nearest")
    axis.set_axis_off()


def grid(images: Tensor, path: str, columns: int = 10) -> None:
    """A figure of up to 100 images (N, C, H, W), bytes or in [-1, 1]."""
    figure, axis = subplots(figsize=(6, 6 * (len(images[:100]) / columns**2) + 0.05))
    show(axis, images[:100], columns)
    keep(figure, path)
