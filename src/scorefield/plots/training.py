"""The way of one training."""

import pandas

from scorefield.plots.canvas import keep, subplots


def training(curve: pandas.DataFrame, path: str) -> None:
    """Training loss, and the validation loss of the averaged weights, against steps."""
    figure, axis = subplots(figsize=(5.6, 3.4))
    axis.plot(curve["step"], curve["loss"], label="training loss")
    axis.plot(
        curve["step"], curve["validation_loss"], marker=".", label="validation loss, averaged"
    )
    positive = (curve[["loss", "validation_loss"]] > 0).all(axis=None)
    axis.set(xlabel="step", ylabel="loss", yscale="log" if positive else "linear")
    axis.legend(frameon=False)
    keep(figure, path)
