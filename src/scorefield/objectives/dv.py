"""Log ratio, up to a constant, by Donsker and Varadhan's bound (Belghazi et al. 2018)."""

from typing import cast

import torch
from torch import Tensor

from scorefield.core.bounds import Below1
from scorefield.core.model import Model
from scorefield.core.ratio import BINS, Ratio, bin_of, diagnose, over, pairs, probe

__all__ = ["diagnose", "dv", "probe"]


def dv(model: Model, batch: dict[str, Tensor], *, decay: Below1 = 0.99) -> Tensor:
    """log E[e^T] over independent pairs less T of the joint ones, with a normaliser for each tenth
    of time that is averaged over steps and held fixed in the gradient, (B,).

    The batch's own normaliser would bias the gradient. T is the log ratio plus a constant of each
    tenth, which `log_mean` follows.
    """
    joint, every, independent, t = pairs(model, batch)
    log_mean = cast(Ratio, model.net).log_mean
    if model.training:
        update(log_mean, every.detach(), independent, bin_of(t), decay)
    shift = log_mean[bin_of(t)]
    return over((every - shift[:, None]).exp(), independent) - 1 - (joint - shift)


def update(
    log_mean: Tensor, every: Tensor, independent: Tensor, bins: Tensor, decay: float
) -> None:
    """Move the moving normalisers towards the batch's."""
    for b in range(BINS):
        chosen = every[bins == b][independent[bins == b]]
        if len(chosen):
            now = chosen.logsumexp(0) - torch.tensor(float(len(chosen))).log()
            log_mean[b] = (
                log_mean[b] + (1 - decay) * ((now - log_mean[b]).clamp_max(20).expm1()).log1p()
            )
