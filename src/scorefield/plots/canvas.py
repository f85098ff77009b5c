"""The style of all figures, and files whose bytes are the same in every run."""

import io
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib
from PIL import Image

from scorefield.pipeline.files import write

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

plt.style.use(["seaborn-v0_8-ticks", "seaborn-v0_8-deep"])
plt.rcParams.update(
    {
        "figure.dpi": 110,
        "savefig.dpi": 200,
        "savefig.bbox": "tight",
        "savefig.pad_inches": 0.06,
        "svg.hashsalt": "scorefield",
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 10,
        "figure.titlesize": 11,
        "legend.frameon": False,
        "legend.fontsize": 8,
    }
)
COLOURS_OF_PNG = 256
DOTS_IN_SVG = 110  # per inch, of dense scatter plots, which are pixels there too


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


def side_legend(figure: Figure, axes: Iterable[Axes]) -> None:
    """One legend for all panels, on the right: each label once."""
    found: dict[str, Any] = {}
    for axis in axes:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    handles, labels = [*found.values()], [*found]
    figure.legend(handles, labels, loc="outside right center")


def keep(figure: Figure, path: str) -> None:
    """Save a figure as PNG with 200 dots per inch and as SVG beside it, the colours of pixels
    reduced to 256 (a third of the bytes), and close it. No file has metadata that differ between
    runs."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    write(path, reduced(drawn.getvalue()))
    drawn, plain = io.BytesIO(), {"Date": None, "Creator": None}
    figure.savefig(drawn, format="svg", dpi=DOTS_IN_SVG, metadata=plain)

    def smaller(found: re.Match[bytes]) -> bytes:
        # matplotlib breaks lines in the data of an image
        return found[1] + b64encode(reduced(b64decode(found[2])))

    svg = re.sub(rb"(data:image/png;base64,)([\w+/=\s]+)", smaller, drawn.getvalue())
    write(Path(path).with_suffix(".svg"), numbered(svg))
    plt.close(figure)


def numbered(svg: bytes) -> bytes:
    """An SVG file whose clipping paths are numbered. Matplotlib names them by all bits of their
    coordinates, of which the solver of the layout does not always find the last."""
    names: dict[bytes, bytes] = {}

    def name(found: re.Match[bytes]) -> bytes:
        return found[1] + names.setdefault(found[2], b"clip%d" % len(names))

    return re.sub(rb'(url\(#|id=")(p[0-9a-f]{10})\b', name, svg)


def reduced(png: bytes) -> bytes:
    """A PNG file with at most 256 colours."""
    picture, content = Image.open(io.BytesIO(png)), io.BytesIO()
    opaque = picture.mode != "RGBA" or picture.getchannel("A").getextrema() == (255, 255)
    method = Image.Quantize.MEDIANCUT if opaque else Image.Quantize.FASTOCTREE
    kept = picture.convert("RGB") if opaque else picture
    few = kept.quantize(COLOURS_OF_PNG, method, dither=Image.Dither.NONE)
    few.save(content, "png", optimize=True)
    return content.getvalue()
