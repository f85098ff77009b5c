"""Estimated against exact posterior variance."""

from torch import Tensor

from scorefield.plots.canvas import keep, side_legend, subplots
from scorefield.plots.names import BLUE, GRAY

COLOURS = (BLUE, GRAY)


def calibration(
    exact: Tensor, scores: dict[str, Tensor], levels: list[float], notes: list[str], path: str
) -> None:
    """One panel for each noise level sigma / alpha, all on the same axes: a point for each image,
    the exact posterior variance (levels, N) to the right and that of denoisers (levels, N), by
    name, upwards; the line is where both are equal. A note stands above each panel."""
    figure, axes = subplots(
        1, len(levels), figsize=(2.5 * len(levels) + 1.4, 3.5), squeeze=False, sharex=True,
        sharey=True,
    )  # fmt: skip
    top = max(exact.max().item(), max(each.max().item() for each in scores.values()))
    for j, axis in enumerate(axes[0]):
        for (name, score), colour in zip(scores.items(), COLOURS, strict=False):
            axis.scatter(
                exact[j], score[j], s=5, color=colour, alpha=0.5, lw=0, label=name, rasterized=True
            )
        axis.plot([0, top], [0, top], color="black", lw=0.8, label="equal")
        axis.set_title(f"noise level {levels[j]:g}\n{notes[j]}", fontsize=9)
        axis.set_xlabel("exact posterior variance", fontsize=9)
    axes[0, 0].set_ylabel("posterior variance by the score trace", fontsize=9)
    figure.suptitle(f"{exact.shape[1]} test images; variances are sums over pixels")
    side_legend(figure, axes[0])
    keep(figure, path)
