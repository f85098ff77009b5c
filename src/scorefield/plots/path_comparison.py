"""Action, length and barrier of paths by method."""

import numpy as np
import pandas

from scorefield.plots.canvas import keep, panel_row
from scorefield.plots.path_styles import METHODS

LABELS = {
    "action": "time-free action",
    "length": "length",
    "drop": "deepest fall of log p",
}


def path_comparison(found: pandas.DataFrame, cases: int, path: str) -> None:
    """A bar for each method and figure: its mean ratio to the straight line between the same ends,
    on a logarithmic axis, with the 95 % interval over cases."""
    figure, axes = panel_row(len(LABELS), (3.6, 2.6))
    for i, (axis, (key, title)) in enumerate(zip(axes, LABELS.items(), strict=True)):
        each = found[found["figure"] == key].set_index("method")
        rows = each.loc[[method for method in reversed(METHODS) if method in each.index]]
        names = [METHODS[method][0] for method in rows.index]
        colours = [METHODS[method][1] for method in rows.index]
        error = np.abs(rows[["low", "high"]].to_numpy().T - rows["ratio"].to_numpy())
        axis.barh(names, rows["ratio"] - 1, 0.62, 1.0, xerr=error, color=colours, capsize=3)
        axis.axvline(1, color="gray", lw=1)
        axis.set(xscale="log", title=title, xlabel="ratio to the straight line")
        ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10) if inside(tick, axis.get_xlim())]
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        if i:
            axis.set_yticklabels([])
    figure.suptitle(
        f"Mean of {cases} cases with 95 % interval (bars to the left: less than the line)",
        fontsize=9,
    )
    keep(figure, path)


def inside(value: float, ends: tuple[float, float]) -> bool:
    """Whether a value is between two ends."""
    return ends[0] <= value <= ends[1]
