"""Denoising instability as a trace: the total posterior variance of x_0."""

import torch
from torch import Tensor

from scorefield.core.bounds import Count, Positive
from scorefield.core.denoiser import Denoiser, needs_mean, slope
from scorefield.core.noise import Randn
from scorefield.core.schedule import aligned


def trace(
    denoiser: Denoiser,
    x: Tensor,
    t: Tensor | float,
    randn: Randn = torch.randn_like,
    per_pixel: bool = False,
    *,
    probes: Count = 4,
    step: Positive = 0.05,
) -> Tensor:
    """tr Cov[x_0 | x_t] = sigma^2 / alpha tr dm/dx, shape (B,); with `per_pixel` the posterior
    variance of each coordinate, of x's shape.

    Hutchinson's estimate (1989) over signs v and central differences of half-width step sigma;
    its mean over p_t is the squared error of the denoiser. Costs 2 probes network calls;
    differentiable.
    """
    needs_mean(denoiser, "trace")
    t = aligned(t, x)
    alpha, sigma = denoiser.schedule(t)
    h, total = step * sigma, torch.zeros_like(x)
    for _ in range(probes):
        v = randn(x).sign()
        total = total + v * slope(denoiser, x, t, v, h)
    found = sigma**2 / alpha * total / probes
    return found if per_pixel else found.flatten(1).sum(1)
