"""Figures of paths by noise level."""

from collections.abc import Iterable

import pandas
from matplotlib.axes import Axes

from scorefield.plots.canvas import keep, panel_row, side_legend
from scorefield.plots.path_styles import METHODS

SIZE = (3.8, 3.2)  # of a panel


def path_methods(table: pandas.DataFrame, path: str) -> None:
    """Time-free action, length and fall of log p of each method by noise level: the mean over pairs
    of endpoints as a line, the pairs as points. Paths lead to the goal; those of the Hamiltonian
    motion, dashed, to the point that it reached."""
    shown = table[(table["target"] == "goal") | (table["method"] == "hamiltonian")]
    shown = shown[shown["target"].isin(["goal", "reached"])]
    labels = {
        "action": "time-free action",
        "length": "length, in units of x_t",
        "drop": "deepest fall of log p, nats",
    }
    figure, axes = panel_row(len(labels), SIZE)
    for axis, (key, label) in zip(axes, labels.items(), strict=True):
        for method, rows in shown.groupby("method", sort=False):
            name, colour = METHODS[str(method)]
            mean = rows.groupby("noise")[key].mean()
            style = "--" if method == "hamiltonian" else "-"
            axis.plot(mean.index, mean, style, color=colour, marker="o", ms=4, label=name)
            axis.scatter(rows["noise"], rows[key], s=8, color=colour, alpha=0.5)
        by_level(axis, shown["noise"])
        axis.set(ylabel=label)
    side_legend(figure, axes)
    keep(figure, path)


def path_limits(panels: dict[str, dict[str, pandas.Series]], path: str) -> None:
    """One panel for each figure that says where the noise level is too low: its values over noise
    levels, one line for each pair of endpoints."""
    figure, axes = panel_row(len(panels), SIZE)
    for axis, (label, pairs) in zip(axes, panels.items(), strict=True):
        for pair, values in pairs.items():
            axis.plot(values.index, values, marker="o", ms=4, label=pair)
        by_level(axis, next(iter(pairs.values())).index)
        axis.set_title(label, fontsize=8)
    side_legend(figure, axes)
    keep(figure, path)


def by_level(axis: Axes, levels: Iterable[float]) -> None:
    """Logarithmic axes, with ticks at the noise levels."""
    axis.set(xscale="log", yscale="log", xlabel="noise level sigma / alpha")
    ticks = sorted({float(level) for level in levels})
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.xaxis.minorticks_off()
