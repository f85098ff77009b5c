"""Quality against the number of sampling steps."""

import pandas

from scorefield.plots.canvas import keep, subplots


def lines(table: pandas.DataFrame, score: str, floor: float, path: str) -> None:
    """A line a sampler: the mean over seeds, points of single seeds, and the floor."""
    figure, axis = subplots(figsize=(6.4, 4.2))
    names = table["model"] + ", " + table["sampler"]
    for i, (name, rows) in enumerate(table.groupby(names, sort=False)):
        mean = rows.groupby("steps")[score].mean()
        axis.plot(mean.index, mean.clip(lower=floor / 10), marker="o", color=f"C{i}", label=name)
        axis.scatter(
            rows["steps"], rows[score].clip(lower=floor / 10), s=10, color=f"C{i}", alpha=0.5
        )
    axis.axhline(floor, color="gray", ls="--", lw=1, label="floor")
    axis.set(
        xscale="log", yscale="log", xlabel="steps (Heun: two network calls each)", ylabel=score
    )
    axis.set_xticks(
        sorted(table["steps"].unique()), [str(s) for s in sorted(table["steps"].unique())]
    )
    axis.minorticks_off()
    axis.legend(frameon=False, fontsize=8)
    keep(figure, path)
