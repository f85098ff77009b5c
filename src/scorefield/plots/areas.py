"""Figures of instability scores, as dots with error bars."""

from itertools import product
from typing import Any

import pandas

from scorefield.plots.canvas import keep, panel_row, side_legend

STYLES = {
    "model": {"marker": "o"},
    "control": {"marker": "D", "fillstyle": "none"},
    "withheld": {"marker": "s", "fillstyle": "none"},
}
WIDTH, HEIGHT = 4.0, 0.06  # of a panel and of a dot, in inches
FILLED = 0.84  # the part of a score's band that dots take


def areas(
    table: pandas.DataFrame, figures: dict[str, str], names: dict[str, str], path: str
) -> None:
    """One panel for each figure, one band for each score, with a line for each noise level (colour)
    and role: the model has filled markers, the others hollow ones. Bars are the 95 % interval of a
    table that has it, else one standard error; the gray line is the value of a score without
    information."""
    scores, levels = list(table["score"].unique()[::-1]), list(table["level"].unique())
    dots, columns = len(levels) * table["role"].nunique(), 3 if len(figures) > 4 else 4
    size = (WIDTH, 0.9 + HEIGHT * len(scores) * dots)
    panels, axes = panel_row(len(figures), size, columns)
    for i, (axis, (figure, title)) in enumerate(zip(axes, figures.items(), strict=True)):
        rows = table[table["figure"] == figure]
        cells = [*product(levels, [role for role in STYLES if role in set(rows["role"])])]
        for place, (level, role) in enumerate(cells):
            part = rows[(rows["role"] == role) & (rows["level"] == level)]
            shift = FILLED * (0.5 - (place + 0.5) / len(cells))
            axis.errorbar(
                part["mean"], [scores.index(score) + shift for score in part["score"]],
                xerr=bars(part), ls="", ms=3.5, lw=1, color=f"C{levels.index(level)}",
                label=f"{names[role]}, {level:g}", **STYLES[role],
            )  # fmt: skip
        for band in range(0, len(scores), 2):
            axis.axhspan(band - 0.5, band + 0.5, color="gray", alpha=0.08, lw=0)
        axis.axvline(0.5 if figure.startswith("auroc") else 0, color="gray", lw=1)
        axis.set_yticks(range(len(scores)), scores if i % columns == 0 else [""] * len(scores))
        axis.set(ylim=(-0.5, len(scores) - 0.5))
        axis.set_title(title, fontsize=9)
    side_legend(panels, axes)
    keep(panels, path)


def bars(rows: pandas.DataFrame) -> Any:
    """The lengths of the error bars, to both sides."""
    if "low" not in rows:
        return rows["se"]
    return [rows["mean"] - rows["low"], rows["high"] - rows["mean"]]
