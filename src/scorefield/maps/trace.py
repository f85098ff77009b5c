"""Denoising instability by trace: how uncertain the clean sample is."""

from torch import Tensor

from scorefield.core.bridge import Randn
from scorefield.core.denoiser import Denoiser, slope
from scorefield.core.schedule import Schedule


def trace(
    denoiser: Denoiser,
    schedule: Schedule,
    x: Tensor,
    t: Tensor,
    randn: Randn,
    *,
    probes: int,
    step: float,
) -> Tensor:
    """tr Cov[x_0 | x_t] = sigma^2 / alpha tr dm/dx, shape (B,).

    Hutchinson's estimate (1989) over signs v and central differences of half-width step sigma;
    its mean over p_t is the squared error of the denoiser. Costs 2 probes network calls;
    differentiable.
    """
    return variances(denoiser, schedule, x, t, randn, probes=probes, step=step).flatten(1).sum(1)


def variances(
    denoiser: Denoiser,
    schedule: Schedule,
    x: Tensor,
    t: Tensor,
    randn: Randn,
    *,
    probes: int,
    step: float,
) -> Tensor:
    """The same before it is summed: the posterior variance of each coordinate, of x's shape."""
    alpha, sigma = schedule(t)
    h, total = step * sigma, 0.0
    for _ in range(probes):
        v = randn(x).sign()
        total = total + v * slope(denoiser, x, t, v, h)
    return sigma**2 / alpha * total / probes
