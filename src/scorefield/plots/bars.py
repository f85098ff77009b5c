"""The leaderboard as bars."""

import pandas

from scorefield.plots.canvas import keep, subplots


def bars(tables: dict[str, pandas.DataFrame], path: str) -> None:
    """One panel a score: its runs from best to worst, with each run's floor."""
    sizes = [len(table) for table in tables.values()]
    figure, axes = subplots(
        len(tables), 1, figsize=(7, 1.8 + 0.34 * sum(sizes)), height_ratios=sizes, squeeze=False
    )
    for axis, (score, table) in zip(axes[:, 0], tables.items(), strict=True):
        rows = table.iloc[::-1]
        floor = rows[f"{score}_floor"]
        axis.barh(rows["run"], rows[score], color="C0", height=0.62)
        axis.scatter(floor, rows["run"], marker="|", s=160, color="black", zorder=3, label="floor")
        axis.axvline(0, color="gray", lw=1)
        axis.set_xlabel(f"{score} (lower is better)")
        axis.ticklabel_format(axis="x", style="sci", scilimits=(-2, 3))
        axis.legend(frameon=False, fontsize=8, loc="lower right", bbox_to_anchor=(1, 1))
    keep(figure, path)
