"""Sample quality against the number of network evaluations."""

from collections.abc import Sequence
from typing import Any

import pandas
from matplotlib.axes import Axes

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.names import styled, words

DASHES = ("-", "--", ":", "-.")
WORDS = {"fid": "FID", "kid": "KID", "mmd2": "Squared MMD"}
APART = 0.04  # of two lines, as a share of the evaluations


def lines(means: pandas.DataFrame, score: str, floor: float, n: int, path: str) -> None:
    """The left panel has a line for each method (colour) and sampler that all methods can use
    (dashes); the right one, where there are more samplers, one for each sampler of the first
    method. `means` has a row for each method, sampler and number of steps: nfe, the mean `score`
    and the ends of its 95 % interval, low and high.

    Both axes are logarithmic. Where an interval reaches 0, as that of an unbiased estimate may, the
    axis is linear in a gray band of two `floor`s, the standard deviation of exact samples: there no
    difference from the truth is seen: markers are hollow and lines pale."""
    methods = list(means["method"].unique())
    common = [
        sampler
        for sampler, rows in means.groupby("sampler", sort=False)
        if rows["method"].nunique() == len(methods)
    ]
    panels = {"Methods by samplers that all can use": means[means["sampler"].isin(common)]}
    if len(common) < means["sampler"].nunique():
        panels[f"{words(methods[0])} by sampler"] = means[means["method"] == methods[0]]
    figure, axes = subplots(
        1, len(panels), figsize=(6 * len(panels), 4.6), sharey=True, squeeze=False
    )
    signed = bool((means["low"] <= 0).any())
    for axis, (title, table) in zip(axes[0], panels.items(), strict=True):
        by = "method" if axis is axes[0, 0] else "sampler"
        draw(axis, table, score, by, 2 * floor if signed else 0.0)
        background(axis, means, score, floor, signed)
        axis.set_title(title if len(panels) > 1 else "")
        axis.legend(loc="upper right")
    axes[0, 0].set_ylabel(f"{WORDS.get(score, score)}, lower is better")
    figure.suptitle(f"{WORDS.get(score, score)} of {n:,} samples; bars: 95 % intervals")
    keep(figure, path)


def draw(axis: Axes, table: pandas.DataFrame, score: str, by: str, band: float) -> None:
    """A line for each method and sampler, side by side around their number of evaluations; `by` is
    what has a colour. Lines are pale below `band`."""
    styles = styled(table[by])
    dashes = dict(zip(table["sampler"].unique(), DASHES * 3, strict=False))
    groups = [*table.groupby(["method", "sampler"], sort=False)]
    for i, ((method, sampler), rows) in enumerate(groups):
        rows = rows.sort_values("nfe")
        x = rows["nfe"] * (1 + APART * (i - (len(groups) - 1) / 2))
        style: dict[str, Any] = {**styles[str(method if by == "method" else sampler)]}
        dash = dashes[sampler] if by == "method" else "-"
        label = f"{words(str(method))}, {words(str(sampler))}"
        colour, bars = style["color"], [rows[score] - rows["low"], rows["high"] - rows[score]]
        axis.plot(x, rows[score], ls=dash, lw=1.2, alpha=0.35 if band else 1, color=colour)
        axis.errorbar(x, rows[score], bars, ls="", elinewidth=1.0, color=colour)
        seen = rows[score] > band
        axis.plot(x.where(seen), rows[score], ls=dash, lw=1.2, ms=4.5, label=label, **style)
        axis.plot(x.where(~seen), rows[score], ls="", ms=4.5, mfc="white", **style)


def background(axis: Axes, means: pandas.DataFrame, score: str, floor: float, signed: bool) -> None:
    """The axes, and what exact samples score."""
    axis.set(xscale="log", xlabel="network evaluations per sample")
    if signed:
        axis.set_yscale("symlog", linthresh=2 * floor, linscale=0.8)
        label = "exact samples: 0 ± two standard deviations"
        axis.axhspan(-2 * floor, 2 * floor, color="gray", alpha=0.18, lw=0, label=label, zorder=0)
        axis.set_yticks(readable([*axis.get_yticks()], floor))
        axis.set_ylim(bottom=min(-2.4 * floor, 1.1 * float(means["low"].min())))
    else:
        axis.set_yscale("log")
        axis.axhline(floor, color="gray", lw=1, label=f"real images: {floor:.3g}")
    ticks = sorted({2**k for k in range(12) if 2**k <= means["nfe"].max()})
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()


def readable(ticks: Sequence[float], floor: float) -> list[float]:
    """Ticks of a symmetric logarithmic axis: 0, and powers of ten outside of the band."""
    return [0.0, *(tick for tick in ticks if abs(tick) > 2 * floor)]
