"""Sample quality against the number of network evaluations."""

import pandas

from scorefield.plots.canvas import keep, subplots

STYLES = {"ddim": "-", "ancestral": "--", "heun": ":"}
WORDS = {"fid": "FID", "mmd2": "squared MMD"}


def lines(
    table: pandas.DataFrame, means: pandas.DataFrame, score: str, floor: float, n: int, path: str
) -> None:
    """A line for each model (colour) and sampler (style): the mean over seeds with 1.96 standard
    errors (`means`, with a column se), points for single seeds (`table`), and the floor.

    The axis is logarithmic. A mean below a tenth of the floor, which an unbiased estimate near 0
    may be, breaks the line; a triangle at the bottom stands for it.
    """
    figure, axis = subplots(figsize=(7.6, 4.6))
    colours = {model: f"C{i}" for i, model in enumerate(means["model"].unique())}
    bottom = floor / 10
    for (model, sampler), rows in means.groupby(["model", "sampler"], sort=False):
        colour, rows = colours[model], rows.sort_values("nfe")
        seeds = table[(table["model"] == model) & (table["sampler"] == sampler)]
        seen = rows[score].where(rows[score] > bottom)
        lower = (1.96 * rows["se"]).clip(upper=(seen - bottom).clip(lower=0))  # of a log axis
        axis.errorbar(
            rows["nfe"], seen, [lower, 1.96 * rows["se"]], marker="o", ms=4, color=colour,
            ls=STYLES[str(sampler)], label=f"{model}, {sampler}",
        )  # fmt: skip
        below = rows["nfe"][seen.isna()]
        axis.scatter(below, [bottom] * len(below), marker="v", s=22, color=colour)
        apart = seeds[seeds[score] > bottom]
        axis.scatter(apart["nfe"], apart[score], s=8, color=colour, alpha=0.5)
    axis.axhline(floor, color="gray", lw=1, label="floor")
    name = WORDS.get(score, score)
    axis.set(xscale="log", yscale="log", xlabel="network evaluations per sample")
    axis.set_ylabel(f"{name} of {n:,} samples (bars: 95 % interval)")
    ticks = sorted(table["steps"].unique())
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    keep(figure, path)
