"""The losses of one training."""

import matplotlib
import pandas

from scorefield.plots.canvas import keep, subplots
from scorefield.plots.lines import WORDS
from scorefield.plots.names import BLUE, GRAY, GREEN

QUARTERS = ("nearest to data", "low noise", "high noise", "nearest to noise")
SCORES = ("fid", "kid", "mmd2")


def training(curve: pandas.DataFrame, path: str, title: str = "") -> None:
    """The training loss, and the validation loss of the averaged weights, against steps. For a
    training that was watched also the score of its samples, and for a model that draws, below, the
    ratio of interaction to confinement in each quarter of time."""
    scores = [name for name in SCORES if name in curve]
    ratios = [name for name in map(str, curve) if name.startswith("ratio_")]
    panels = 1 + bool(ratios) + bool(scores)
    figure, axes = subplots(panels, 1, figsize=(5.8, 3.2 * panels), squeeze=False, sharex=True)
    above, below = axes[0, 0], axes[-1, 0]
    above.plot(curve["step"], curve["loss"], color=GRAY, label="training loss")
    above.plot(
        curve["step"], curve["validation_loss"], color=BLUE, marker=".",
        label="validation loss of the averaged weights",
    )  # fmt: skip
    above.set(ylabel="loss", title=title)
    above.legend()
    for name in scores:
        axes[1, 0].plot(curve["step"], curve[name], marker=".", color=GREEN)
        axes[1, 0].set(ylabel=f"{WORDS[name]} of samples")
    if ratios:
        colours = matplotlib.colormaps["viridis"]
        for i, (name, note) in enumerate(zip(ratios, QUARTERS, strict=True)):
            label = f"{note} (t = {i / 4:g} to {(i + 1) / 4:g})"
            below.plot(curve["step"], curve[name], marker=".", color=colours(0.3 * i), label=label)
        below.axhline(1, color="gray", lw=1)
        below.set(ylabel="interaction / confinement\n1: spread of the exact posterior")
        below.legend()
    below.set(xlabel="training step")
    keep(figure, path)
