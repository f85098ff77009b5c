"""Figures of matching against the scale of guidance."""

from typing import Any

import pandas

from scorefield.metrics.bootstrap import Z
from scorefield.plots.canvas import keep, side_legend, styled, subplots

PANELS = {  # column -> axis label
    "agreement": "agreement of classes",
    "fid": "FID by our own evaluator",
    "coherent": "coherent share",
    "slope": "slope of x on y",
    "residual": "residual variance",
    "mmd2": "squared MMD",
}
PLAIN = ("unguided", "unguided_turned")
APART = 0.025  # of two bars at one scale, as a share of it


def strength(table: pandas.DataFrame, path: str) -> None:
    """One panel for each figure, one line for each `kind` of samples, from scale to scale. Bars
    are 95 % intervals, side by side around their scale; the dotted line and its band are the
    unguided samples."""
    panels = [key for key in PANELS if key in table]
    figure, axes = subplots(1, len(panels), figsize=(3.6 * len(panels) + 1.4, 3.6))
    guided, plain = table[~table["kind"].isin(PLAIN)], table[table["kind"] == "unguided"]
    guided = guided.assign(at=side_by_side(guided))
    styles = styles_of(table)
    ticks = sorted(guided["scale"].unique())
    for axis, panel in zip(axes, panels, strict=True):
        for kind, rows in guided.groupby("kind", sort=False):
            line, bars = rows.sort_values("scale"), halves(rows.sort_values("scale"), panel)
            style = styles[str(kind)] | {"ms": 4, "lw": 1}
            axis.errorbar(line["at"], line[panel], yerr=bars, label=kind, **style)
        level = plain[panel].item()
        axis.axhline(level, color="gray", ls=":", lw=1)
        if (band := halves(plain, panel)) is not None:
            below, above = (half.item() for half in band)
            axis.axhspan(level - below, level + above, color="gray", alpha=0.15, lw=0)
        axis.set_xscale("symlog", linthresh=0.5)
        axis.margins(x=0.08, y=0.08)
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=7)
        axis.minorticks_off()
        axis.set(xlabel="scale of guidance", ylabel=PANELS[panel])
    side_legend(figure, axes)
    keep(figure, path)


def styles_of(table: pandas.DataFrame) -> dict[str, dict[str, str]]:
    """The colour and marker of each kind of guided samples."""
    return styled(kind for kind in table["kind"] if kind not in PLAIN)


def side_by_side(table: pandas.DataFrame) -> "pandas.Series[float]":
    """Where to draw each row: its scale, moved so that those of one scale stand around it."""
    place = table.groupby("scale").cumcount()
    count = table.groupby("scale")["kind"].transform("size")
    return table["scale"] * (1 + APART * (place - (count - 1) / 2))


def halves(rows: pandas.DataFrame, panel: str) -> Any:
    """How far the 95 % interval of a figure reaches below and above it, (2, rows); None without."""
    if f"{panel}_low" in rows:
        return [rows[panel] - rows[f"{panel}_low"], rows[f"{panel}_high"] - rows[panel]]
    if f"{panel}_se" in rows:
        half, rate = Z * rows[f"{panel}_se"], rows[panel]
        return [half.clip(upper=rate), half.clip(upper=1 - rate)]
    return None
