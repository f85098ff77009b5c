"""The rare-mode rate against the off-mode rate, one line for each variant of guidance."""

from typing import Any

import pandas

from scorefield.metrics.bootstrap import Z
from scorefield.plots.canvas import keep, side_legend, styled, subplots


def trade_off(panels: dict[str, pandas.DataFrame], path: str) -> None:
    """One panel for each table with rare_mode, off_mode and their standard errors; bars are 95 %
    intervals. Each line starts at the unguided point and follows the scale of guidance."""
    figure, axes = subplots(1, len(panels), figsize=(4.4 * len(panels) + 1.8, 4.2), squeeze=False)
    every = pandas.concat(panels.values())["variant"].unique()
    styles = styled(name for name in every if name not in ("plain", "data"))
    for axis, (title, table) in zip(axes[0], panels.items(), strict=True):
        plain = table[table["variant"] == "plain"]
        for variant, style in styles.items():
            steered = table[table["variant"] == variant].sort_values("scale")
            if steered.empty:
                continue
            line = pandas.concat([plain, steered])
            axis.plot(line["off_mode"], line["rare_mode"], lw=1, color=style["color"], alpha=0.9)
            points(axis, steered, ls="", ms=4, label=variant, alpha=0.9, **style)
        points(axis, plain, fmt="o", ms=8, label="unguided", color="black", zorder=4)
        axis.set(xlabel="off-mode rate", ylabel="rare-mode rate", title=title)
    side_legend(figure, axes[0])
    keep(figure, path)


def points(axis: Any, table: pandas.DataFrame, **style: Any) -> None:
    """The rates of each row with their 95 % intervals, cut at 0 and 1."""
    bars = {}
    for way, key in (("xerr", "off_mode"), ("yerr", "rare_mode")):
        rate, half = table[key], Z * table[f"{key}_se"]
        bars[way] = [half.clip(upper=rate), half.clip(upper=1 - rate)]
    axis.errorbar(table["off_mode"], table["rare_mode"], elinewidth=0.6, **bars, **style)
