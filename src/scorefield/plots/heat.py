"""Heat maps of instability in 2-D, and of the exact values."""

from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from torch import Tensor

from scorefield.core.results import HeatMaps
from scorefield.plots.canvas import keep, subplots

BRIGHT = 0.995  # the quantile that gets the brightest colour
COLOURS = ("C2", "C0")  # of the marks


def heat(
    maps: HeatMaps,
    member: int,
    levels: list[float],
    data: Tensor,
    marks: dict[str, Tensor],
    path: str,
) -> None:
    """The maps of one member, one column for each map and one row for each noise level
    sigma / alpha; data (N, 2) in white, and the marks, points (2,), as circles with their names."""
    columns = {
        "instability: trace of the network": maps.trace,
        "posterior covariance, exact": maps.truth,
        "martingale residual of the network": maps.martingale,
        "true error of the network": maps.error,
    }
    figure, axes = subplots(len(levels), len(columns), figsize=(13, 2.9 * len(levels)))
    for row, level in enumerate(levels):
        for axis, (title, values) in zip(axes[row], columns.items(), strict=True):
            value = square(values[row, :, member])
            shared = values is maps.trace or values is maps.truth
            brightest = square(maps.truth[row, :, member]) if shared else value.clamp_min(0)
            top = brightest.quantile(BRIGHT).item()
            image = shaded(axis, value.clamp_min(0), top, maps.reach, data, marks)
            figure.colorbar(image, ax=axis, shrink=0.8)
            if row == 0:
                axis.set_title(title, fontsize=10)
        axes[row][0].set_ylabel(f"sigma / alpha = {level:g}")
    keep(figure, path)


def shaded(
    axis: Axes, value: Tensor, top: float, reach: float, data: Tensor, marks: dict[str, Tensor]
) -> AxesImage:
    """Draws one map (G, G) of values in [0, top] on [-reach, reach]^2, with data and marks."""
    box = (-reach, reach, -reach, reach)
    image = axis.imshow(value.T, origin="lower", extent=box, cmap="magma", vmin=0, vmax=top)
    x, y = data[:300].T
    axis.scatter(x, y, s=1.5, c="white", alpha=0.7, linewidths=0)
    for (name, place), colour in zip(marks.items(), COLOURS, strict=False):
        x, y = place
        axis.scatter(x, y, s=180, marker="o", facecolors="none", edgecolors=colour, lw=2)
        above = (y + 0.07 * reach).item()
        axis.text(x.item(), above, name, color="w", ha="center", fontsize=8)
    axis.set(xlim=box[:2], ylim=box[2:], xticks=[], yticks=[])
    return image


def square(value: Tensor) -> Tensor:
    """A map (G^2,) as (G, G)."""
    side = round(len(value) ** 0.5)
    return value.view(side, side)
