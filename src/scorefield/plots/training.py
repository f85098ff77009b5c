"""The losses of one training."""

import pandas

from scorefield.plots.canvas import keep, subplots


def training(curve: pandas.DataFrame, path: str) -> None:
    """The training loss, and the validation loss of the averaged weights, against steps. For a
    model that draws also, below, the ratio of interaction to confinement in each quarter of
    time."""
    ratios = [name for name in map(str, curve) if name.startswith("ratio_")]
    panels = 1 + bool(ratios)
    figure, axes = subplots(panels, 1, figsize=(5.6, 3.4 * panels), squeeze=False, sharex=True)
    above, below = axes[0, 0], axes[-1, 0]
    above.plot(curve["step"], curve["loss"], label="training loss")
    above.plot(
        curve["step"], curve["validation_loss"], marker=".", label="validation loss, averaged"
    )
    positive = (curve[["loss", "validation_loss"]] > 0).all(axis=None)
    above.set(ylabel="loss", yscale="log" if positive else "linear")
    above.legend(frameon=False)
    if ratios:
        for name, note in zip(ratios, (", nearest data", "", "", ", nearest noise"), strict=True):
            label = f"quarter {name[-1]} of time{note}"
            below.plot(curve["step"], curve[name], marker=".", label=label)
        below.axhline(1, color="gray", lw=1)
        below.set(ylabel="interaction / confinement")
        below.legend(frameon=False, fontsize=8)
    below.set(xlabel="step")
    keep(figure, path)
