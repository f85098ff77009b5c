"""The figures of an ablation: a line for each variant, a panel for each figure."""

from dataclasses import dataclass
from typing import Any

import pandas

from scorefield.plots.canvas import keep, panel_row
from scorefield.plots.names import BLUE

COLUMNS = 3
SPARED = 2.0  # ticks of less than so many floors are left out beside that of 0
FAR = 30.0  # the largest over the smallest mean from which on an axis is logarithmic


@dataclass(frozen=True)
class Panel:
    """A column of the table, what it is called, and its value for exact samples, where known."""

    column: str
    title: str
    floor: float | None = None


def ablation_picture(
    table: pandas.DataFrame, means: pandas.DataFrame, panels: list[Panel], exact: str, path: str
) -> None:
    """Points are single seeds of `table`; bars are the means with 95 % intervals of `means`. The
    dashed line is the first variant, the grey band the variant `exact`, which has no line of its
    own."""
    variants = [name for name in table["variant"].unique() if name != exact]
    size = (4.2, 0.9 + 0.24 * len(variants))
    figure, axes = panel_row(len(panels), size, min(COLUMNS, len(panels)))
    for i, (axis, panel) in enumerate(zip(axes, panels, strict=True)):
        own = means[means["figure"] == panel.column].set_index("variant")
        rows = own.reindex(variants)
        if exact in own.index:
            axis.axvspan(own.loc[exact, "low"], own.loc[exact, "high"], color="0.85", lw=0)
        for y, variant in enumerate(variants):
            seeds = table.loc[table["variant"] == variant, panel.column]
            axis.scatter(seeds, [y] * len(seeds), s=14, color=BLUE, alpha=0.6, lw=0)
            mean, low, high = (rows.loc[variant, key] for key in ("mean", "low", "high"))
            ends = [[mean - low], [high - mean]]
            axis.errorbar(mean, y, xerr=ends, fmt="|", ms=9, color="black", elinewidth=1)
        axis.axvline(rows["mean"].iloc[0], color="0.4", ls="--", lw=0.8)
        scale(axis, rows["mean"].dropna(), panel.floor)
        axis.set(ylim=(len(variants) - 0.4, -0.6), title=panel.title)
        axis.set_yticks(
            range(len(variants)), variants if i % COLUMNS == 0 else [""] * len(variants)
        )
        axis.grid(axis="y", lw=0.3)
        if axis.get_xscale() == "symlog":
            thin(axis, SPARED * (panel.floor or 0.0))
    keep(figure, path)


def thin(axis: Any, below: float) -> None:
    """Remove the ticks near 0, whose labels would run into that of 0."""
    low, high = axis.get_xlim()
    axis.set_xticks([x for x in axis.get_xticks() if low < x < high and not 0 < abs(x) < below])


def scale(axis: Any, means: pandas.Series, floor: float | None) -> None:
    """A logarithmic axis where means differ much, linear below the floor, as an unbiased estimate
    may be negative."""
    if means.abs().max() < FAR * max(means.abs().min(), floor or 0.0):
        return
    if floor and means.min() < 5 * floor:
        axis.set_xscale("symlog", linthresh=2 * floor)
    elif means.min() > 0:
        axis.set_xscale("log")
