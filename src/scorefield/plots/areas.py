"""Figures of instability scores, as dots with error bars."""

from itertools import product
from typing import Any

import pandas

from scorefield.plots.canvas import keep, subplots

STYLES = {
    "model": {"marker": "o"},
    "control": {"marker": "D", "fillstyle": "none"},
    "withheld": {"marker": "s", "fillstyle": "none"},
}
APART = {"model": 0.0, "control": 0.05, "withheld": -0.05}  # of the roles' markers, in rows


def areas(
    table: pandas.DataFrame, figures: dict[str, str], names: dict[str, str], path: str
) -> None:
    """One panel for each figure, one row for each score, one colour for each noise level; the model
    has filled markers, the others hollow ones. Bars are the 95 % interval of a table that has it,
    else one standard error; the gray line is the value of a score without information."""
    scores = list(table["score"].unique()[::-1])
    panels, axes = subplots(1, len(figures), figsize=(3.3 * len(figures) + 1.6, 4.4), sharey=True)
    for axis, (figure, title) in zip(axes, figures.items(), strict=True):
        rows = table[table["figure"] == figure]
        levels = list(rows["level"].unique())
        for role, level in product(STYLES, levels):
            part = rows[(rows["role"] == role) & (rows["level"] == level)]
            if part.empty:
                continue
            i = levels.index(level)
            shift = 0.16 * ((len(levels) - 1) / 2 - i) - APART[role]
            place = [scores.index(score) + shift for score in part["score"]]
            axis.errorbar(
                part["mean"], place, xerr=bars(part), ls="", ms=4, lw=1, color=f"C{i}",
                label=f"{names[role]}, {level:g}", **STYLES[role],
            )  # fmt: skip
        axis.axvline(0.5 if figure.startswith("auroc") else 0, color="gray", lw=1)
        axis.set_title(title, fontsize=9)
    axes[0].set_yticks(range(len(scores)), scores)
    handles, labels = axes[0].get_legend_handles_labels()
    panels.legend(handles, labels, frameon=False, fontsize=8, loc="outside right center")
    keep(panels, path)


def bars(rows: pandas.DataFrame) -> Any:
    """The lengths of the error bars, to both sides."""
    if "low" not in rows:
        return rows["se"]
    return [rows["mean"] - rows["low"], rows["high"] - rows["mean"]]
