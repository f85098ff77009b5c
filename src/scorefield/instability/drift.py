"""The squared change of the posterior mean in one step of the ancestral sampler."""

import torch
from torch import Tensor

from scorefield.core.bounds import OpenShare, Pairs
from scorefield.core.bridge import bridge, posterior_ratio
from scorefield.core.denoiser import Denoiser, constant_noise, needs_mean
from scorefield.core.noise import Randn
from scorefield.core.schedule import Schedule, aligned, time_at


def drift(
    denoiser: Denoiser,
    x: Tensor,
    t: Tensor | float,
    randn: Randn = torch.randn_like,
    per_pixel: bool = False,
    *,
    probes: Pairs = 16,
    shrink: OpenShare = 0.7,
) -> Tensor:
    """E |m(x_s, s) - m(x_t, t)|^2 over ancestral steps to s, with sigma_s / alpha_s = shrink
    sigma_t / alpha_t; shape (B,); with `per_pixel` that of each coordinate, of x's shape.

    Under the exact reverse kernel it is tr C_t - E tr C_s, C the posterior covariance. Costs
    probes + 1 network calls; without gradient.
    """
    squares = changes(denoiser, x, t, randn, probes, shrink).square()
    return squares.mean(0) if per_pixel else squares.flatten(2).sum(2).mean(0)


@torch.no_grad()
def changes(
    denoiser: Denoiser, x: Tensor, t: Tensor | float, randn: Randn, probes: int, shrink: float
) -> Tensor:
    """m(x_s, s) - m(x_t, t) for `probes` draws of x_s, in antithetic pairs; (probes, B, ...)."""
    needs_mean(denoiser, "a step between posterior means")
    schedule, t = denoiser.schedule, aligned(t, x)
    m, s = denoiser(x, t), time_of_lower_noise(schedule, t, shrink)
    rho, found = posterior_ratio(schedule, t, s), []
    for _ in range(probes // 2):
        z = randn(x)
        for fresh in (z, -z):
            x_s = bridge(schedule, x, m, t, s, rho, constant_noise(fresh))
            found.append(denoiser(x_s, s) - m)
    return torch.stack(found)


def time_of_lower_noise(schedule: Schedule, t: Tensor, shrink: float) -> Tensor:
    """The time s with sigma_s / alpha_s = shrink sigma_t / alpha_t, of t's shape."""
    alpha, sigma = schedule(t)
    return time_at(schedule, shrink * sigma, alpha)
