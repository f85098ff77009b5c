"""The rare-mode rate against the off-mode rate, one line for each variant of guidance."""

from typing import Any

import pandas
from matplotlib.axes import Axes

from scorefield.metrics.bootstrap import Z
from scorefield.plots.canvas import keep, side_legend, subplots
from scorefield.plots.names import styled, words

NEAR = 0.05  # below this off-mode rate the axis is linear, above it logarithmic
RATES = {"off_mode": "samples outside of every mode, %", "rare_mode": "samples in the rare mode, %"}
CHANGES = {
    "cost": "change of the unreadable samples,\npercentage points",
    "gain": "change of the samples of the rare class,\npercentage points",
}


def trade_off(
    panels: dict[str, pandas.DataFrame], path: str, title: str = "", changes: bool = False
) -> None:
    """One panel for each table with the rates rare_mode and off_mode, or their paired `changes`
    from unguided samples gain and cost, and their standard errors, all on the same axes; bars are
    95 % intervals. Each line starts at the unguided point and follows the scale of guidance. The
    axis of off-mode rates is linear below 5 % and logarithmic above."""
    figure, axes = subplots(
        1, len(panels), figsize=(4.4 * len(panels) + 2.2, 4.4), squeeze=False, sharex=True,
        sharey=True,
    )  # fmt: skip
    across, up = labels = CHANGES if changes else RATES
    every = pandas.concat(panels.values())
    styles = styled(name for name in every["variant"].unique() if name not in ("plain", "data"))
    for axis, (name, table) in zip(axes[0], panels.items(), strict=True):
        plain = table[table["variant"] == "plain"]
        for variant, style in styles.items():
            steered = table[table["variant"] == variant].sort_values("scale")
            if steered.empty:
                continue
            line = 100 * pandas.concat([plain, steered])[[across, up]]
            axis.plot(line[across], line[up], lw=1, color=style["color"], alpha=0.9)
            points(axis, steered, [*labels], ls="", ms=4.5, label=words(variant), **style)
        points(axis, plain, [*labels], fmt="o", ms=8, label=words("plain"), color="black", zorder=4)
        axis.set_title(name)
        axis.set_xlabel(labels[across])
    if not changes:
        split(axes[0, 0])
    axes[0, 0].set_ylabel(labels[up])
    figure.suptitle(title)
    side_legend(figure, axes[0])
    keep(figure, path)


def split(axis: Axes) -> None:
    """An axis of per cent that is linear up to `NEAR` and logarithmic above."""
    axis.set_xscale("symlog", linthresh=100 * NEAR, linscale=1.6)
    ticks = (0, 1, 2, 3, 4, 5, 10, 20, 50, 100)
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.xaxis.minorticks_off()
    axis.set_xlim(left=0)


def points(axis: Axes, table: pandas.DataFrame, keys: list[str], **style: Any) -> None:
    """The figures of each row in per cent with their 95 % intervals, those of rates cut at 0 and
    100."""
    bars: dict[str, Any] = {}
    for direction, key in zip(("xerr", "yerr"), keys, strict=True):
        value, half = table[key], Z * table[f"{key}_se"]
        ends = [half, half]
        if key in RATES:
            ends = [half.clip(upper=value), half.clip(upper=1 - value)]
        bars[direction] = [100 * end for end in ends]
    across, up = (100 * table[key] for key in keys)
    axis.errorbar(across, up, elinewidth=0.6, **bars, **style)
