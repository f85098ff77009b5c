"""Learned log ratios against the exact one, by noise level."""

import pandas

from scorefield.plots.canvas import keep, side_legend, subplots
from scorefield.plots.names import styled, words

APART = 0.02  # of two lines, as a share of the noise level
PANELS = {  # column -> axis label
    "correlation": "correlation with the exact log ratio",
    "slope": "slope on the exact log ratio",
    "cosine": "cosine of both gradients",
    "gradient": "part of the exact gradient",
}


def ratio_levels(table: pandas.DataFrame, path: str) -> None:
    """One panel for each figure of `metrics.ratio_error`, all on one scale, one line for each guide
    with its 95 % intervals where the table has them; the dotted line is the exact ratio."""
    figure, axes = subplots(1, len(PANELS), figsize=(3.2 * len(PANELS) + 2, 3.6), sharey=True)
    guides = [*table.groupby("guide", sort=False)]
    styles = styled(str(guide) for guide, _ in guides)
    for axis, (key, label) in zip(axes, PANELS.items(), strict=True):
        for i, (guide, rows) in enumerate(guides):
            at = rows["level"] * (1 + APART * (i - (len(guides) - 1) / 2))
            bars = None
            if f"{key}_low" in rows:
                bars = [rows[key] - rows[f"{key}_low"], rows[f"{key}_high"] - rows[key]]
            style = styles[str(guide)] | {"ms": 4, "lw": 1, "elinewidth": 0.8}
            axis.errorbar(at, rows[key], bars, label=words(str(guide)), clip_on=False, **style)
        axis.axhline(1, color="gray", ls=":", lw=1)
        axis.set_xscale("log")
        ticks = sorted(table["level"].unique())
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        axis.set(xlabel="noise level sigma / alpha", title=label)
    axes[0].set_ylabel("1: as the exact ratio")
    figure.suptitle("Learned log ratios against the exact one; bars: 95 % intervals")
    side_legend(figure, axes)
    keep(figure, path)
