"""Scatter plots of pairs (x, y), one coordinate of each."""

from torch import Tensor

from scorefield.plots.canvas import keep, subplots


def couples(panels: dict[str, tuple[Tensor, Tensor]], path: str) -> None:
    """One panel for each title and pair of tensors y and x, both (N, 2): the first coordinate of x
    against that of y."""
    figure, axes = subplots(1, len(panels), figsize=(4 * len(panels), 3.8), squeeze=False)
    for axis, (title, (y, x)) in zip(axes[0], panels.items(), strict=True):
        axis.scatter(y[:2000, 0], x[:2000, 0], s=3, alpha=0.4, lw=0)
        axis.set(xlabel="y", ylabel="x", title=title)
    keep(figure, path)
