"""Figures of matching against the scale of guidance."""

import pandas

from scorefield.plots.canvas import keep, subplots

MARKS = {"given": "o", "drawn": "s", "joint": "D"}


def strength(table: pandas.DataFrame, path: str) -> None:
    """One panel for each figure, one line for each origin of y (`y_from`). Bars are one standard
    error of the agreement; the dotted line is the unguided value."""
    panels = [key for key in ("agreement", "fid", "slope", "residual", "mmd2") if key in table]
    figure, axes = subplots(1, len(panels), figsize=(3.6 * len(panels) + 0.6, 3.6))
    for axis, panel in zip(axes, panels, strict=True):
        for y_from, rows in table.sort_values("scale").groupby("y_from"):
            bars, mark = rows.get(f"{panel}_se"), MARKS[str(y_from)]
            axis.errorbar(rows["scale"], rows[panel], yerr=bars, marker=mark, label=y_from)
        plain = table[(table["y_from"] == "given") & (table["scale"] == 0)][panel]
        axis.axhline(plain.item(), color="gray", ls=":", lw=1)
        axis.set_xscale("symlog", linthresh=0.5)
        ticks = sorted(table["scale"].unique())
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        axis.set(xlabel="scale", ylabel=panel)
    axes[0].legend(frameon=False, fontsize=8)
    keep(figure, path)
