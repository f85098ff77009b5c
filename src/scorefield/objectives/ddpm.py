"""Denoising regression (Ho et al. 2020); the posterior mean minimises it."""

from typing import Literal

from torch import Tensor

from scorefield.core.bounds import Positive
from scorefield.core.model import Model, loss_weight
from scorefield.core.network import Prediction
from scorefield.core.schedule import STEPS
from scorefield.objectives._times import drawn_times


def ddpm(
    model: Model,
    batch: dict[str, Tensor],
    *,
    predict: Prediction = "v",
    levels: Literal["uniform", "table", "logit_normal"] = "uniform",
    location: float = 0.3,
    spread: Positive = 1.0,
) -> Tensor:
    """The mean squared error of x0, eps or v per sample, shape (B,).

    The times of a batch are stratified over (0, 1], see `drawn_times`; with `levels` table they are
    rounded up to the 1,000 steps of the discrete table. Validation takes uniform times. The error
    of x_0 is weighted so that it equals the error of the predicted quantity: the losses of all
    networks, and of the exact denoiser, are comparable.
    """
    x = batch["x"]
    t = drawn_times(x, levels, location, spread, model.training)
    t = t.reshape(-1, *[1] * (x.ndim - 1))
    if levels == "table":
        t = (t * STEPS).ceil() / STEPS
    error = model(model.schedule.add_noise(x, t), t, condition=batch.get("y")) - x
    return (loss_weight(predict, *model.schedule(t)) * error**2).flatten(1).mean(1)
