"""How every figure looks: fonts, colours, and bytes that do not change between runs."""

import io

import matplotlib

from scorefield.core.files import write

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

plt.style.use(["seaborn-v0_8-ticks", "seaborn-v0_8-deep"])
plt.rcParams.update({"figure.dpi": 110, "axes.spines.right": False, "axes.spines.top": False})


def subplots(*args, **kwargs):
    return plt.subplots(*args, layout="constrained", **kwargs)


def keep(figure: Figure, path: str) -> None:
    """Save a figure as PNG, without the metadata that differs between versions."""
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    write(path, content.getvalue())
    plt.close(figure)
