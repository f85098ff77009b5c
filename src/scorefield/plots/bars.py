"""The leaderboard as a bar chart."""

import pandas
from matplotlib.axes import Axes

from scorefield.plots.canvas import keep, subplots


def bars(images: pandas.DataFrame, points: pandas.DataFrame, path: str) -> None:
    """Two panels: runs on images by FID with its 95 % interval, unranked ones in light gray; and
    runs on points by squared MMD with its floor. A panel without runs is left out."""
    scored = images[images["fid"].notna()]
    panels = [(table, draw) for table, draw in ((scored, by_fid), (points, by_mmd)) if len(table)]
    sizes = [len(table) for table, _ in panels]
    figure, axes = subplots(
        len(panels), 1, figsize=(7, 1.8 + 0.34 * sum(sizes)), height_ratios=sizes, squeeze=False
    )
    for axis, (table, draw) in zip(axes[:, 0], panels, strict=True):
        draw(axis, table.iloc[::-1])
        axis.axvline(0, color="gray", lw=1)
    keep(figure, path)


def by_fid(axis: Axes, rows: pandas.DataFrame) -> None:
    """Bars of the FID of runs on images."""
    error = (rows["fid_high"] - rows["fid"]).to_numpy(float)
    colours = ["C0" if ranked else "lightgray" for ranked in rows["rank"].notna()]
    axis.barh(rows["run"], rows["fid"], xerr=error, color=colours, height=0.62)
    axis.set_xlabel("FID with its 95 % interval, lower is better; light: not ranked")


def by_mmd(axis: Axes, rows: pandas.DataFrame) -> None:
    """Bars of the squared MMD of runs on points."""
    axis.barh(rows["run"], rows["mmd2"], color="C0", height=0.62)
    floor = rows["mmd2_floor"]
    axis.scatter(floor, rows["run"], marker="|", s=160, color="black", zorder=3, label="floor")
    axis.set_xlabel("squared MMD, lower is better")
    axis.ticklabel_format(axis="x", style="sci", scilimits=(-2, 3))
    axis.legend(frameon=False, fontsize=8, loc="lower right", bbox_to_anchor=(1, 1))
