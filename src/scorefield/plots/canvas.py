"""The style of all figures, and files whose bytes are the same in every run."""

import io
from collections.abc import Iterable
from typing import Any

import matplotlib

from scorefield.pipeline.files import write

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

plt.style.use(["seaborn-v0_8-ticks", "seaborn-v0_8-deep"])
plt.rcParams.update({"figure.dpi": 110, "axes.spines.right": False, "axes.spines.top": False})

COLOURS = ("C0", "tab:orange", "C1", "C2", "C3", "tab:brown", "tab:pink", "tab:olive", "tab:cyan",
           "black", "navy", "limegreen", "gold")  # fmt: skip
MARKERS = "os^vDPX*hd<>p"


def subplots(*args: Any, **kwargs: Any) -> Any:
    """`pyplot.subplots` with constrained layout."""
    return plt.subplots(*args, layout="constrained", **kwargs)


def panel_row(count: int, size: tuple[float, float], columns: int = 4) -> Any:
    """A figure of that many panels, each of a size in inches, in rows of `columns`, and its axes
    one after the other."""
    rows, columns = -(-count // columns), min(count, columns)
    shape = (size[0] * columns, size[1] * rows)
    figure, axes = subplots(rows, columns, figsize=shape, squeeze=False)
    for axis in axes.flat[count:]:
        axis.set_axis_off()
    return figure, axes.flat[:count]


def styled(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """A colour and a marker for each of up to 13 names, none of them twice."""
    return {
        name: {"color": colour, "marker": marker}
        for name, colour, marker in zip(dict.fromkeys(names), COLOURS, MARKERS, strict=False)
    }


def side_legend(figure: Figure, axes: Iterable[Axes]) -> None:
    """One legend for all panels, on the right: each label once."""
    found: dict[str, Any] = {}
    for axis in axes:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    handles, labels = [*found.values()], [*found]
    figure.legend(handles, labels, frameon=False, fontsize=8, loc="outside right center")


def keep(figure: Figure, path: str) -> None:
    """Save a figure as PNG, without metadata that differs between versions, and close it."""
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    write(path, content.getvalue())
    plt.close(figure)
