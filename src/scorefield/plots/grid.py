"""Images in rows and columns."""

from torch import Tensor
from torchvision.utils import make_grid

from scorefield.plots.canvas import keep, subplots


def show(axis, images: Tensor, columns: int) -> None:
    """Images (N, C, H, W) in [-1, 1] on an axis, row by row; what lies outside is clipped."""
    tiled = make_grid((images.clamp(-1, 1) + 1) / 2, nrow=columns, padding=2, pad_value=0.5)
    axis.imshow(tiled.permute(1, 2, 0), interpolation="nearest")
    axis.set_axis_off()


def grid(images: Tensor, path: str, columns: int = 10) -> None:
    """A picture of up to 100 images (N, C, H, W) in [-1, 1]."""
    figure, axis = subplots(figsize=(6, 6 * (len(images[:100]) / columns**2) + 0.05))
    show(axis, images[:100], columns)
    keep(figure, path)
