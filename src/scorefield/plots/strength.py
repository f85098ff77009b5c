"""Figures of matching against the scale of guidance."""

from typing import Any

import matplotlib
import pandas

from scorefield.metrics.bootstrap import Z
from scorefield.plots.canvas import keep, subplots

COLOURS, MARKERS = matplotlib.colormaps["tab10"], "os^vDPX*hd"
PANELS = {  # column -> axis label
    "agreement": "agreement of classes",
    "fid": "FID by our own evaluator",
    "coherent": "coherent share",
    "slope": "slope of x on y",
    "residual": "residual variance",
    "mmd2": "squared MMD",
}
PLAIN = ("unguided", "unguided_turned")


def strength(table: pandas.DataFrame, path: str) -> None:
    """One panel for each figure, one line for each `kind` of samples, from scale to scale. Bars
    are 95 % intervals; the dotted line and its band are the unguided samples."""
    panels = [key for key in PANELS if key in table]
    figure, axes = subplots(1, len(panels), figsize=(3.6 * len(panels) + 1.4, 3.6))
    kinds = [kind for kind in table["kind"].unique() if kind not in PLAIN]
    plain = table[table["kind"] == "unguided"]
    for axis, panel in zip(axes, panels, strict=True):
        for i, kind in enumerate(kinds):
            rows = table[table["kind"] == kind].sort_values("scale")
            style = {"marker": MARKERS[i % len(MARKERS)], "color": COLOURS(i % 10), "ms": 4}
            bars = halves(rows, panel)
            apart = 1 + 0.03 * (i - len(kinds) / 2)  # bars at one scale stand side by side
            axis.errorbar(rows["scale"] * apart, rows[panel], yerr=bars, label=kind, lw=1, **style)
        axis.axhline(plain[panel].item(), color="gray", ls=":", lw=1)
        if (band := halves(plain, panel)) is not None:
            below, above = (half.item() for half in band)
            level = plain[panel].item()
            axis.axhspan(level - below, level + above, color="gray", alpha=0.15, lw=0)
        axis.set_xscale("symlog", linthresh=0.5)
        axis.margins(x=0.08, y=0.08)
        ticks = sorted(table.loc[table["kind"].isin(kinds), "scale"].unique())
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=7)
        axis.minorticks_off()
        axis.set(xlabel="scale of guidance", ylabel=PANELS[panel])
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=8, loc="outside right center")
    keep(figure, path)


def halves(rows: pandas.DataFrame, panel: str) -> Any:
    """How far the 95 % interval of a figure reaches below and above it, (2, rows); None without."""
    if f"{panel}_low" in rows:
        return [rows[panel] - rows[f"{panel}_low"], rows[f"{panel}_high"] - rows[panel]]
    if f"{panel}_se" in rows:
        half, rate = Z * rows[f"{panel}_se"], rows[panel]
        return [half.clip(upper=rate), half.clip(upper=1 - rate)]
    return None
