"""Quantities of images against the noise level."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from scorefield.plots.canvas import keep, subplots


def by_level(
    levels: list[float],
    curves: Mapping[str, Tensor],
    styles: Mapping[str, dict[str, Any]],
    title: str,
    path: str,
) -> None:
    """A line for each curve, values (levels, N) of N images by its name: their mean, with 1.96
    standard errors of it as bars; both axes are logarithmic."""
    figure, axis = subplots(figsize=(7.4, 4.4))
    for name, values in curves.items():
        bars = 1.96 * values.std(1) / values.shape[1] ** 0.5
        axis.errorbar(levels, values.mean(1), bars, ms=4, lw=1.2, label=name, **styles[name])
    axis.set(xscale="log", yscale="log", xlabel="noise level sigma / alpha")
    axis.set_ylabel("variance or squared error of x_0, sum over pixels")
    axis.set_xticks(levels, [f"{level:g}" for level in levels])
    axis.minorticks_off()
    axis.set_title(title)
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    keep(figure, path)
