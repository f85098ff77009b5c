"""Learned log ratios against the exact one, by noise level."""

import pandas

from scorefield.plots.canvas import keep, side_legend, subplots

PANELS = {  # column -> axis label
    "correlation": "correlation of log r\nwith the exact one",
    "slope": "slope of log r\non the exact one",
    "cosine": "cosine of the gradients,\nindependent pairs",
    "gradient": "part of the exact gradient,\nindependent pairs",
}


def ratio_levels(table: pandas.DataFrame, styles: dict[str, dict[str, str]], path: str) -> None:
    """One panel for each figure of `metrics.ratio_error`, one line for each guide, in its style;
    the dotted line is the exact ratio."""
    figure, axes = subplots(1, len(PANELS), figsize=(3.4 * len(PANELS) + 1.2, 3.4))
    for axis, (key, label) in zip(axes, PANELS.items(), strict=True):
        for guide, rows in table.groupby("guide", sort=False):
            line = styles[str(guide)] | {"ms": 4, "lw": 1}
            axis.plot(rows["level"], rows[key], label=guide, clip_on=False, **line)
        axis.axhline(1, color="gray", ls=":", lw=1)
        axis.set_xscale("log")
        ticks = sorted(table["level"].unique())
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        axis.set(xlabel="noise level sigma / alpha", ylabel=label)
    side_legend(figure, axes)
    keep(figure, path)
