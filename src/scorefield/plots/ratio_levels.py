"""Learned log ratios against the exact one, by noise level."""

import pandas

from scorefield.plots.canvas import keep, subplots

PANELS = {  # column -> axis label
    "correlation": "correlation of log r with the exact one",
    "slope": "slope of log r on the exact one",
    "cosine": "cosine of the gradients, independent pairs",
    "gradient": "part of the exact gradient, independent pairs",
}


def ratio_levels(table: pandas.DataFrame, path: str) -> None:
    """One panel for each figure of `metrics.ratio_error`, one line for each guide; the dotted line
    is the exact ratio."""
    figure, axes = subplots(1, len(PANELS), figsize=(3.4 * len(PANELS) + 1.2, 3.4))
    for axis, (key, label) in zip(axes, PANELS.items(), strict=True):
        for guide, rows in table.groupby("guide", sort=False):
            axis.plot(rows["level"], rows[key], marker="o", ms=4, label=guide, clip_on=False)
        axis.axhline(1, color="gray", ls=":", lw=1)
        axis.set_xscale("log")
        ticks = sorted(table["level"].unique())
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        axis.set(xlabel="noise level sigma / alpha", ylabel=label)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=8, loc="outside right center")
    keep(figure, path)
