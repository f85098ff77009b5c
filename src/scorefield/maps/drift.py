"""How far a denoiser's mind moves in one step of the ancestral sampler."""

import torch
from torch import Tensor

from scorefield.core.bridge import Randn, bridge, posterior_ratio
from scorefield.core.denoiser import Denoiser
from scorefield.core.schedule import Schedule, time_at


def drift(
    denoiser: Denoiser,
    schedule: Schedule,
    x: Tensor,
    t: Tensor,
    randn: Randn,
    *,
    probes: int,
    shrink: float,
) -> Tensor:
    """E |m(x_s, s) - m(x_t, t)|^2 over ancestral steps to s, with sigma_s / alpha_s = shrink
    sigma_t / alpha_t; shape (B,).

    Under the exact reverse kernel it is tr C_t - E tr C_s. Costs probes + 1 network calls; a log,
    without gradient.
    """
    moves = steps(denoiser, schedule, x, t, randn, probes, shrink)
    return moves.square().flatten(2).sum(2).mean(0)


@torch.no_grad()
def steps(
    denoiser: Denoiser,
    schedule: Schedule,
    x: Tensor,
    t: Tensor,
    randn: Randn,
    probes: int,
    shrink: float,
) -> Tensor:
    """m(x_s, s) - m(x_t, t) for `probes` draws of x_s, in antithetic pairs; (probes, B, ...)."""
    m, s = denoiser(x, t), quieter(schedule, t, shrink)
    rho, found = posterior_ratio(schedule, t, s), []
    for _ in range(probes // 2):
        z = randn(x)
        for sign in (1, -1):
            x_s = bridge(schedule, x, m, t, s, rho, lambda _, z=z, sign=sign: sign * z)
            found.append(denoiser(x_s, s) - m)
    return torch.stack(found)


def quieter(schedule: Schedule, t: Tensor, shrink: float) -> Tensor:
    """The time s with sigma_s / alpha_s = shrink sigma_t / alpha_t."""
    alpha, sigma = schedule(t)
    return time_at(schedule, shrink * sigma, alpha)
