"""Scatter plots of pairs (x, y), one coordinate of each."""

from torch import Tensor

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.names import BLUE

SHOWN = 2000


def couples(panels: dict[str, tuple[Tensor, Tensor]], path: str) -> None:
    """One panel for each title and pair of tensors y and x, both (N, 2): the first coordinate of x
    against that of y, on equal axes."""
    figure, axes = subplots(
        1, len(panels), figsize=(4 * len(panels), 4), squeeze=False, sharex=True, sharey=True
    )
    for axis, (title, (y, x)) in zip(axes[0], panels.items(), strict=True):
        axis.scatter(y[:SHOWN, 0], x[:SHOWN, 0], s=4, c=BLUE, alpha=0.4, lw=0, rasterized=True)
        axis.set(xlabel="y, first coordinate", title=f"{title}: {min(SHOWN, len(x)):,} pairs")
        axis.set_aspect("equal")
    axes[0, 0].set_ylabel("x, first coordinate")
    keep(figure, path)
