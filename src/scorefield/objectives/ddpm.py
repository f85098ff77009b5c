"""Denoising regression (Ho et al. 2020): its minimiser is the posterior mean."""

from typing import Literal

import torch
from torch import Tensor

from scorefield.core.model import Model, squared_unit
from scorefield.core.network import Prediction
from scorefield.core.schedule import STEPS


def ddpm(
    model: Model,
    batch: dict[str, Tensor],
    *,
    predict: Prediction = "v",
    levels: Literal["uniform", "table"] = "uniform",
) -> Tensor:
    """The mean squared error of x0, eps or v per sample, shape (B,).

    `levels` draws t uniformly from (0, 1] or from the 1,000 steps of the discrete table. The
    error is taken between denoiser and data and weighted into the space of `predict`, so that
    losses of any parameterisation, of the exact denoiser too, compare.
    """
    x = batch["x"]
    t = 1 - torch.rand(len(x), *[1] * (x.ndim - 1), device=x.device)
    if levels == "table":
        t = (t * STEPS).ceil() / STEPS
    error = model(model.schedule.add_noise(x, t), t, condition=batch.get("y")) - x
    return (squared_unit(predict, *model.schedule(t)) * error**2).flatten(1).mean(1)
