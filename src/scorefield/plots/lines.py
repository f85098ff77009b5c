"""Sample quality against the number of network evaluations."""

import pandas

from scorefield.plots.canvas import keep, side_legend, subplots

STYLES = {"ddim": "-", "ancestral": "--", "heun": ":"}
APART = 0.04  # of two models, as a share of the evaluations
WORDS = {"fid": "FID", "mmd2": "squared MMD"}


def lines(
    table: pandas.DataFrame, means: pandas.DataFrame, score: str, floor: float, n: int, path: str
) -> None:
    """A line for each model (colour) and sampler (style): the mean over seeds with 1.96 standard
    errors (`means`, with a column se), points for single seeds (`table`), and the floor. Models are
    drawn side by side around their number of evaluations.

    The axis is logarithmic; where a mean is not above 0, as an unbiased estimate may be, it is
    linear below the floor.
    """
    figure, axis = subplots(figsize=(7.6, 4.6))
    models = list(means["model"].unique())
    for (model, sampler), rows in means.groupby(["model", "sampler"], sort=False):
        i, rows = models.index(model), rows.sort_values("nfe")
        seeds = table[(table["model"] == model) & (table["sampler"] == sampler)]
        aside = 1 + APART * (i - (len(models) - 1) / 2)
        axis.errorbar(
            rows["nfe"] * aside, rows[score], 1.96 * rows["se"], marker="o", ms=4, color=f"C{i}",
            ls=STYLES[str(sampler)], lw=1.2, label=f"{model}, {sampler}",
        )  # fmt: skip
        axis.scatter(seeds["nfe"] * aside, seeds[score], s=8, color=f"C{i}", alpha=0.5)
    axis.axhline(floor, color="gray", lw=1, label="floor")
    axis.set(xscale="log", xlabel="network evaluations per sample")
    if (means[score] > 0).all():
        axis.set_yscale("log")
    else:
        axis.set_yscale("symlog", linthresh=floor, linscale=1.5)
        axis.axhspan(-floor, floor, color="gray", alpha=0.1, lw=0, label="linear axis")
    name = WORDS.get(score, score)
    axis.set_ylabel(f"{name} of {n:,} samples (bars: 95 % interval)")
    ticks = sorted(table["steps"].unique())
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    side_legend(figure, [axis])
    keep(figure, path)
