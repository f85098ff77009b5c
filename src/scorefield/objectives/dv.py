"""Log density ratio, up to a constant, by the Donsker-Varadhan bound (Belghazi et al. 2018)."""

from typing import cast

import torch
from torch import Tensor

from scorefield.core.bounds import Below1
from scorefield.core.hardware import sent
from scorefield.core.model import Model
from scorefield.nets._ratio import BINS, Ratio
from scorefield.objectives._ratio import bin_of, diagnose, mean_independent, pairs, probe

ROLE = "ratio"
__all__ = ["diagnose", "dv", "probe"]


def dv(model: Model, batch: dict[str, Tensor], *, decay: Below1 = 0.99) -> Tensor:
    """log E[e^T] over independent pairs minus T of joint pairs, (B,), with a running mean of E[e^T]
    for each tenth of time as a constant in the gradient.

    The mean of the batch itself would bias the gradient. T is the log ratio plus a constant for
    each tenth of time, which `log_mean` estimates.
    """
    joint, every, independent, t = pairs(model, batch)
    log_mean = cast(Ratio, model.net).log_mean
    if model.training:
        update(log_mean, every.detach(), independent, bin_of(t), decay)
    shift = log_mean[sent(bin_of(t), every.device)]
    return mean_independent((every - shift[:, None]).exp(), independent) - 1 - (joint - shift)


def update(
    log_mean: Tensor, every: Tensor, independent: Tensor, bins: Tensor, decay: float
) -> None:
    """Update the running means of e^T, as logarithms in `log_mean`, with those of the batch; the
    bins of its rows (B,) and the mask of its independent pairs (B, B) are on the CPU."""
    for b in range(BINS):
        mine = (independent & (bins == b)[:, None]).flatten().nonzero()[:, 0]
        if len(mine):
            chosen = every.flatten()[sent(mine, every.device)]
            now = chosen.logsumexp(0) - torch.tensor(float(len(chosen))).log()
            log_mean[b] = (
                log_mean[b] + (1 - decay) * ((now - log_mean[b]).clamp_max(20).expm1()).log1p()
            )
