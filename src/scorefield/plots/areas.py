"""Figures of instability scores, as dots with error bars."""

from itertools import product
from textwrap import wrap
from typing import Any

import matplotlib
import pandas
from matplotlib.axes import Axes

from scorefield.metrics.bootstrap import Z
from scorefield.plots.canvas import keep, panel_row, side_legend

STYLES = {
    "model": {"marker": "o"},
    "control": {"marker": "D", "fillstyle": "none"},
    "withheld": {"marker": "s", "fillstyle": "none"},
}
SCORES = {  # score -> what it is
    "trace": "posterior variance (trace)",
    "frobenius": "Jacobian norm (frobenius)",
    "original": "fixed step (original)",
    "eigenvalue": "largest eigenvalue",
    "renoise": "variance under new noise",
    "minority": "change under new noise",
    "drift": "change in one step (drift)",
    "martingale": "mean change (martingale)",
    "energy": "-log p, exact",
}
WIDTH, HEIGHT = 3.3, 0.05  # of a panel and of a dot, in inches
FILLED = 0.84  # the part of a score's band that dots take


def areas(
    table: pandas.DataFrame,
    figures: dict[str, str],
    names: dict[str, str],
    path: str,
    title: str = "",
) -> None:
    """One panel for each figure, one band for each score, with a line for each noise level (colour)
    and role: the model has filled markers, the others hollow ones. Bars are 95 % intervals; the
    gray line is the value of a score without information. Figures of one kind, AUROCs or
    correlations, have the same axis."""
    scores, levels = list(table["score"].unique()[::-1]), list(table["level"].unique())
    colours = matplotlib.colormaps["viridis"]
    dots, columns = len(levels) * table["role"].nunique(), 3 if len(figures) > 4 else 4
    size = (WIDTH, 0.9 + HEIGHT * len(scores) * dots)
    panels, axes = panel_row(len(figures), size, columns)
    for i, (axis, (figure, said)) in enumerate(zip(axes, figures.items(), strict=True)):
        rows = table[table["figure"] == figure]
        cells = [*product(levels, [role for role in STYLES if role in set(rows["role"])])]
        for place, (level, role) in enumerate(cells):
            part = rows[(rows["role"] == role) & (rows["level"] == level)]
            shift = FILLED * (0.5 - (place + 0.5) / len(cells))
            axis.errorbar(
                part["mean"], [scores.index(score) + shift for score in part["score"]],
                xerr=bars(part), ls="", ms=3.2, lw=1,
                color=colours(0.9 * levels.index(level) / max(1, len(levels) - 1)),
                label=f"{names[role]}, noise level {level:g}", **STYLES[role],
            )  # fmt: skip
        frame(axis, figure, scores, i % columns == 0)
        axis.set_title("\n".join(wrap(said, 26)), fontsize=9)
    for kind in (True, False):
        share([axis for axis, key in zip(axes, figures, strict=True) if is_area(key) == kind])
    panels.suptitle(title)
    side_legend(panels, axes)
    keep(panels, path)


def frame(axis: Axes, figure: str, scores: list[str], named: bool) -> None:
    """The bands of the scores, named or not, and the value of one without information."""
    for band in range(0, len(scores), 2):
        axis.axhspan(band - 0.5, band + 0.5, color="gray", alpha=0.08, lw=0)
    axis.axvline(0.5 if is_area(figure) else 0, color="gray", lw=1)
    shown = [SCORES.get(score, score) if named else "" for score in scores]
    axis.set_yticks(range(len(scores)), shown)
    axis.set(ylim=(-0.5, len(scores) - 0.5), xlabel="AUROC" if is_area(figure) else "correlation")


def is_area(figure: str) -> bool:
    """Whether a figure is an AUROC, and not a correlation."""
    return figure.startswith("auroc")


def share(axes: list[Any]) -> None:
    """Gives all axes the range that holds those of each."""
    ends = [axis.get_xlim() for axis in axes]
    for axis in axes:
        axis.set_xlim(min(low for low, _ in ends), max(high for _, high in ends))


def bars(rows: pandas.DataFrame) -> Any:
    """The lengths of the 95 % error bars, to both sides."""
    if "low" not in rows:
        return Z * rows["se"]
    return [rows["mean"] - rows["low"], rows["high"] - rows["mean"]]
