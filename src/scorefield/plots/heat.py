"""Instability over the plane, beside the truth."""

import torch
from torch import Tensor

from scorefield.plots.canvas import keep, subplots

COLUMNS = {
    "trace": "instability: trace of the network",
    "truth": "posterior covariance, exact",
    "martingale": "martingale residual of the network",
    "error": "true error of the network",
}


def heat(
    maps: dict[str, Tensor],
    levels: list[float],
    reach: float,
    data: Tensor,
    marks: dict[str, Tensor],
    path: str,
) -> None:
    """Maps (levels, G, G) by column, a noise level sigma / alpha a row; data (N, 2) in white, and
    each mark's (2,) place as a circle with its name."""
    figure, axes = subplots(len(levels), len(COLUMNS), figsize=(13, 2.9 * len(levels)))
    box = (-reach, reach, -reach, reach)
    for row, level in zip(range(len(levels)), levels, strict=True):
        top = maps["truth"][row].quantile(0.995).item()
        for axis, (key, title) in zip(axes[row], COLUMNS.items(), strict=True):
            value = maps[key][row].clamp_min(0)
            shared = key in ("trace", "truth")
            most = top if shared else value.quantile(0.995).item()
            image = axis.imshow(
                value.T, origin="lower", extent=box, cmap="magma", vmin=0, vmax=most
            )
            axis.scatter(*data[:300].T, s=1.5, c="white", alpha=0.7, linewidths=0)
            for (name, place), colour in zip(marks.items(), ("C2", "C0"), strict=False):
                axis.scatter(*place, s=180, marker="o", facecolors="none", edgecolors=colour, lw=2)
                axis.text(
                    place[0], place[1] + 0.07 * reach, name, color="w", ha="center", fontsize=8
                )
            axis.set(xlim=box[:2], ylim=box[2:], xticks=[], yticks=[])
            figure.colorbar(image, ax=axis, shrink=0.8)
            if row == 0:
                axis.set_title(title, fontsize=10)
        axes[row][0].set_ylabel(f"sigma / alpha = {level:g}")
    keep(figure, path)


def unfolded(value: Tensor) -> Tensor:
    """(levels, G^2) to (levels, G, G)."""
    return value.unflatten(1, (round(value.shape[1] ** 0.5), -1)).to(torch.float32)
