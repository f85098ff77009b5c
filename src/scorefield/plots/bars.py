"""The leaderboard as a bar chart."""

import pandas
from matplotlib.axes import Axes

from scorefield.metrics.bootstrap import Z
from scorefield.plots.canvas import keep, subplots
from scorefield.plots.names import BLUE

PALE = "#b9c9d6"  # of runs without a rank
LINEAR = 1e-3  # below this squared MMD the axis is linear


def bars(images: pandas.DataFrame, points: pandas.DataFrame, path: str) -> None:
    """A panel for each dataset of images and number of samples n: runs by FID with its 95 %
    interval, unranked ones pale; and one for each dataset of points: runs by squared MMD. A panel
    without runs is left out. Only runs of one panel can be compared."""
    scored = images[images["fid"].notna() & images["fid_low"].notna()]  # without training images
    of_images = [(title(key, "images"), rows) for key, rows in scored.groupby(["data", "n"])]
    of_points = [(title(key, "points"), rows) for key, rows in points.groupby(["data", "n"])]
    panels = [(by_fid, *each) for each in of_images] + [(by_mmd, *each) for each in of_points]
    sizes = [len(rows) for *_, rows in panels]
    figure, axes = subplots(
        len(panels), 1, figsize=(7.4, 1.0 * len(panels) + 0.3 * sum(sizes)), squeeze=False,
        height_ratios=[0.9 + size for size in sizes],
    )  # fmt: skip
    for axis, (draw, name, rows) in zip(axes[:, 0], panels, strict=True):
        draw(axis, rows.iloc[::-1])
        axis.set_title(name, loc="left")
        axis.axvline(0, color="gray", lw=1)
    keep(figure, path)


def title(key: object, kind: str) -> str:
    """The dataset and the number of samples of a panel."""
    data, n = key if isinstance(key, tuple) else (key, 0)
    return f"{data} ({kind}), {n:,.0f} samples of each run"


def by_fid(axis: Axes, rows: pandas.DataFrame) -> None:
    """Bars of the FID of runs on images."""
    error = [rows["fid"] - rows["fid_low"], rows["fid_high"] - rows["fid"]]
    error = [side.clip(lower=0) for side in error]  # an edited FID can lie outside its interval
    colours = [BLUE if ranked else PALE for ranked in rows["rank"].notna()]
    axis.barh(rows["run"], rows["fid"], xerr=error, color=colours, height=0.62)
    axis.set_xlabel("FID with its 95 % interval, lower is better; pale: not ranked")


def by_mmd(axis: Axes, rows: pandas.DataFrame) -> None:
    """Dots of the squared MMD of runs on points with their 95 % intervals, on an axis that is
    linear near 0 and logarithmic further away, the same for all datasets."""
    half, floor = Z * rows["mmd2_se"], 2 * float(rows["mmd2_floor"].max())
    axis.errorbar(rows["mmd2"], rows["run"], xerr=half, fmt="o", color=BLUE, ms=5, lw=1)
    axis.axvspan(-floor, floor, color="gray", alpha=0.18, lw=0)
    axis.set_xscale("symlog", linthresh=LINEAR, linscale=1)
    axis.set_xticks((-LINEAR, 0, LINEAR, 10 * LINEAR, 100 * LINEAR))
    axis.set(xlim=(-1.2 * LINEAR, 300 * LINEAR), ylim=(-0.6, len(rows) - 0.4))
    axis.xaxis.minorticks_off()
    axis.set_xlabel(
        "squared MMD with its 95 % interval; gray: two standard deviations of exact samples"
    )
