"""Denoising regression (Ho et al. 2020); the posterior mean minimises it."""

from typing import Literal

import torch
from torch import Tensor

from scorefield.core.model import Model, loss_weight
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

    With `levels` uniform, t is drawn from (0, 1]; with table, from the 1,000 steps of the discrete
    table. The error of x_0 is weighted so that it equals the error of the predicted quantity: the
    losses of all networks, and of the exact denoiser, are comparable.
    """
    x = batch["x"]
    t = 1 - torch.rand(len(x), *[1] * (x.ndim - 1), device=x.device)
    if levels == "table":
        t = (t * STEPS).ceil() / STEPS
    error = model(model.schedule.add_noise(x, t), t, condition=batch.get("y")) - x
    return (loss_weight(predict, *model.schedule(t)) * error**2).flatten(1).mean(1)
