"""The original instability score, made independent of the noise level and of the step."""

import torch
from torch import Tensor

from scorefield.core.bounds import Count, Positive
from scorefield.core.denoiser import Denoiser, needs_mean, slope
from scorefield.core.noise import Randn
from scorefield.core.schedule import aligned


def frobenius(
    denoiser: Denoiser,
    x: Tensor,
    t: Tensor | float,
    randn: Randn = torch.randn_like,
    per_pixel: bool = False,
    *,
    probes: Count = 4,
    step: Positive = 0.05,
) -> Tensor:
    """The squared Frobenius norm of dm/dz over d, with z = x / alpha, shape (B,); with `per_pixel`
    the squared norm of each coordinate's row of dm/dz, of x's shape, whose mean it is.

    By central differences along Gaussian directions of length step sigma; equal to
    (alpha / sigma)^4 |C|_F^2 / d, C the posterior covariance. Costs 2 probes network calls;
    differentiable.
    """
    needs_mean(denoiser, "frobenius")
    t = aligned(t, x)
    alpha, sigma = denoiser.schedule(t)
    h, total = step * sigma, torch.zeros((), dtype=x.dtype, device=x.device)
    for _ in range(probes):
        squares = (alpha * slope(denoiser, x, t, randn(x), h)).square()
        total = total + (squares if per_pixel else squares.flatten(1).mean(1))
    return total / probes
