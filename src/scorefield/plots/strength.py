"""Figures of matching against the scale of guidance."""

from collections.abc import Sequence
from typing import Any

import pandas

from scorefield.metrics.bootstrap import Z
from scorefield.plots.canvas import keep, side_legend, subplots
from scorefield.plots.names import styled, words

PANELS = {  # column -> axis label
    "agreement": "samples of the class of y",
    "fid": "FID, lower is better",
    "coherent": "readable samples",
    "slope": "slope of x on y",
    "residual": "residual variance of x on y",
    "mmd2": "squared MMD of x, lower is better",
}
SHARES = ("agreement", "coherent")  # between 0 and 1
PLAIN = ("unguided", "unguided_turned")
APART = 0.07  # of two bars at one scale, in steps from scale to scale


def strength(table: pandas.DataFrame, path: str) -> None:
    """One panel for each figure, one line for each `kind` of samples, from scale to scale; scales
    are at equal steps. Bars are 95 % intervals, side by side around their scale; the dotted line
    and its band are the unguided samples. All samples are of equal number n."""
    panels = [key for key in PANELS if key in table]
    figure, axes = subplots(1, len(panels), figsize=(3.6 * len(panels) + 2, 3.8))
    guided, plain = table[~table["kind"].isin(PLAIN)], table[table["kind"] == "unguided"]
    ticks = sorted(guided["scale"].unique())
    guided = guided.assign(at=side_by_side(guided, ticks))
    styles = styled(guided["kind"])
    for axis, panel in zip(axes, panels, strict=True):
        for kind, rows in guided.groupby("kind", sort=False):
            line, bars = rows.sort_values("scale"), halves(rows.sort_values("scale"), panel)
            style = styles[str(kind)] | {"ms": 4.5, "lw": 1}
            axis.errorbar(line["at"], line[panel], yerr=bars, label=words(str(kind)), **style)
        level = plain[panel].item()
        axis.axhline(level, color="gray", ls=":", lw=1, label=words("unguided"))
        if (band := halves(plain, panel)) is not None:
            below, above = (half.item() for half in band)
            axis.axhspan(level - below, level + above, color="gray", alpha=0.15, lw=0)
        axis.margins(x=0.08, y=0.08)
        axis.set_xticks(range(len(ticks)), [f"{tick:g}" for tick in ticks])
        axis.set(xlabel="scale of guidance", title=PANELS[panel])
    n = " or ".join(f"{count:,}" for count in sorted(table["n"].unique()))
    figure.suptitle(f"{n} samples of each kind; bars: 95 % intervals")
    side_legend(figure, axes)
    keep(figure, path)


def side_by_side(table: pandas.DataFrame, ticks: Sequence[float]) -> "pandas.Series[float]":
    """Where to draw each row: the place of its scale among all, moved so that the rows of one scale
    stand around it."""
    place = table.groupby("scale").cumcount()
    count = table.groupby("scale")["kind"].transform("size")
    return table["scale"].map(ticks.index) + APART * (place - (count - 1) / 2)


def halves(rows: pandas.DataFrame, panel: str) -> Any:
    """How far the 95 % interval of a figure reaches below and above it, (2, rows); None without."""
    if f"{panel}_low" in rows:
        return [rows[panel] - rows[f"{panel}_low"], rows[f"{panel}_high"] - rows[panel]]
    if f"{panel}_se" in rows:
        half, value = Z * rows[f"{panel}_se"], rows[panel]
        if panel not in SHARES:
            return [half, half]
        return [half.clip(upper=value), half.clip(upper=1 - value)]
    return None
