"""Sample quality against the number of network evaluations."""

import pandas

from scorefield.plots.canvas import keep, subplots

STYLES = {"ddim": "-", "ancestral": "--", "heun": ":"}


def lines(table: pandas.DataFrame, score: str, floor: float, path: str) -> None:
    """A line for each model (colour) and sampler (style): the mean over seeds, with points for
    single seeds, and the floor. Values below a tenth of the floor are drawn at that height, since
    unbiased estimates may be negative."""
    figure, axis = subplots(figsize=(7.6, 4.6))
    colours = {model: f"C{i}" for i, model in enumerate(table["model"].unique())}
    shown = table.assign(**{score: table[score].clip(lower=floor / 10)})
    for (model, sampler), rows in shown.groupby(["model", "sampler"], sort=False):
        mean = rows.groupby("nfe")[score].mean()
        style = {"color": colours[model], "ls": STYLES[str(sampler)]}
        axis.plot(mean.index, mean, marker="o", ms=4, label=f"{model}, {sampler}", **style)
        axis.scatter(rows["nfe"], rows[score], s=8, color=colours[model], alpha=0.5)
    axis.axhline(floor, color="gray", lw=1, label="floor")
    axis.set(xscale="log", yscale="log", xlabel="network evaluations per sample", ylabel=score)
    ticks = sorted(table["steps"].unique())
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    keep(figure, path)
