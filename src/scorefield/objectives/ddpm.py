"""Denoising regression (Ho et al. 2020); the posterior mean minimises it."""

from typing import Literal

import torch
from torch import Tensor

from scorefield.core.bounds import Positive
from scorefield.core.hardware import sent
from scorefield.core.model import Model, loss_weight
from scorefield.core.network import Prediction
from scorefield.core.schedule import STEPS
from scorefield.objectives._times import drawn_times

ROLE = "denoiser"


def ddpm(
    model: Model,
    batch: dict[str, Tensor],
    *,
    predict: Prediction = "v",
    levels: Literal["uniform", "table", "logit_normal", "log_normal"] = "uniform",
    location: float = 0.3,
    spread: Positive = 1.0,
    weighting: Literal["none", "min_snr"] = "none",
    gamma: Positive = 5.0,
) -> Tensor:
    """The mean squared error of x0, eps, v, flow or edm per sample, shape (B,).

    The times of a batch are stratified over (0, 1], see `drawn_times`; with `levels` table they are
    rounded up to the 1,000 steps of the discrete table. The error of x_0 is weighted so that it
    equals the error of the predicted quantity; with min_snr, by the smaller of `gamma` and alpha^2
    / sigma^2, whatever is predicted (Hang et al. 2023, arXiv 2303.09556). Validation takes uniform
    times and the first weight: the losses of all networks, and of the exact denoiser, are
    comparable. The method of Karras et al. 2022 is predict edm with levels log_normal, location
    -1.2 and spread 1.2 for data of standard deviation 0.5.
    """
    x = batch["x"]
    t = drawn_times(x, levels, location, spread, model.training, model.schedule)
    t = t.reshape(-1, *[1] * (x.ndim - 1))
    t = sent((t * STEPS).ceil() / STEPS if levels == "table" else t, x.device)
    error = model(model.schedule.add_noise(x, t), t, condition=batch.get("y")) - x
    alpha, sigma = model.schedule(t)
    if weighting == "min_snr" and model.training:
        weight = torch.clamp((alpha / sigma) ** 2, max=gamma)
    else:
        weight = loss_weight(predict, alpha, sigma, model.std)
    return (weight * error**2).flatten(1).mean(1)
