"""Heat maps of instability in 2-D, and of the exact values."""

import torch
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from torch import Tensor

from scorefield.core.results import HeatMaps
from scorefield.plots.canvas import keep, subplots

BRIGHT = 0.995  # the quantile that gets the brightest colour
COLOURS = ("#00e5a0", "#56b4e9")  # of the marks
CALLED = {  # mark -> what it is
    "withheld": "mode that is not in the training data",
    "rare": "mode with 1 % of the training data",
    "decoy": "its mirror image, where no mode is",
}
MARGIN = 0.6  # around the data, in units of the data


def heat(
    maps: HeatMaps,
    member: int,
    levels: list[float],
    data: Tensor,
    marks: dict[str, Tensor],
    path: str,
) -> None:
    """The maps of one member, one column for each map and one row for each noise level
    sigma / alpha; data (N, 2) in white, and the marks, points (2,), as circles that the key names.
    Network and exact values have one scale in each row, the others one in each column, whose
    brightest colour is that of the data's surroundings, without the edge of the window."""
    columns = {
        "posterior variance\nby the network (score trace)": maps.trace,
        "posterior variance, exact": maps.truth,
        "change of the network's mean\nin one step (martingale)": maps.martingale,
        "error of the network": maps.error,
    }
    figure, axes = subplots(len(levels), len(columns), figsize=(12.6, 2.9 * len(levels) + 0.5))
    inside = near(data, maps)
    tops = {
        title: values[:, inside, member].quantile(BRIGHT).item()
        for title, values in columns.items()
        if values is maps.martingale or values is maps.error
    }
    for row, level in enumerate(levels):
        for axis, (title, values) in zip(axes[row], columns.items(), strict=True):
            own = maps.truth[row, inside, member].quantile(BRIGHT).item()
            value = square(values[row, :, member]).clamp_min(0)
            image = shaded(axis, value, tops.get(title, own), maps.reach, data, marks)
            figure.colorbar(image, ax=axis, shrink=0.8, extend="max")
            if row == 0:
                axis.set_title(title)
        axes[row][0].set_ylabel(f"noise level {level:g}")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.suptitle("One layout of points in 2-D; white: training data")
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    keep(figure, path)


def near(data: Tensor, maps: HeatMaps) -> Tensor:
    """Which points of the grid lie in the box of the data (N, 2) and a bit around it, bools
    (G^2,)."""
    side = round(maps.trace.shape[1] ** 0.5)
    line = torch.linspace(-maps.reach, maps.reach, side)
    low, high = data.amin(0) - MARGIN, data.amax(0) + MARGIN
    points = torch.cartesian_prod(line, line)
    return ((points >= low) & (points <= high)).all(1)


def shaded(
    axis: Axes, value: Tensor, top: float, reach: float, data: Tensor, marks: dict[str, Tensor]
) -> AxesImage:
    """Draws one map (G, G) of values in [0, top] on [-reach, reach]^2, with data and marks."""
    box = (-reach, reach, -reach, reach)
    image = axis.imshow(
        value.T.numpy(),
        origin="lower",
        extent=box,
        cmap="magma",
        vmin=0,
        vmax=top,
        interpolation="none",
    )
    x, y = data[:300].T
    axis.scatter(x, y, s=1.5, c="white", alpha=0.7, lw=0, rasterized=True)
    for (name, place), colour in zip(marks.items(), COLOURS, strict=False):
        x, y = place
        said = CALLED.get(name, name)
        axis.scatter(x, y, s=260, marker="o", fc="none", ec=colour, lw=1.8, label=said)
    axis.set(xlim=box[:2], ylim=box[2:], xticks=[], yticks=[])
    return image


def square(value: Tensor) -> Tensor:
    """A map (G^2,) as (G, G)."""
    side = round(len(value) ** 0.5)
    return value.view(side, side)
