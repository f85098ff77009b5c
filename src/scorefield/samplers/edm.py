"""Stochastic sampling of Karras et al. 2022 (arXiv 2206.00364), algorithm 2: Heun with churn."""

from collections.abc import Iterator
from itertools import pairwise
from math import sqrt

import torch
from torch import Tensor

from scorefield.core.bounds import NonNegative, Positive
from scorefield.core.denoiser import Denoiser, needs_mean
from scorefield.core.interval import Interval
from scorefield.core.noise import Randn
from scorefield.core.schedule import Schedule, time_at
from scorefield.samplers._spacing import Spacing, spaced
from scorefield.samplers.heun import step

MOST = sqrt(2) - 1  # of the noise level that a step adds to itself


def edm(
    denoiser: Denoiser,
    x: Tensor,
    times: Tensor,
    randn: Randn = torch.randn_like,
    *,
    churn: NonNegative = 40.0,
    low: NonNegative = 0.05,
    high: NonNegative = 50.0,
    noise: Positive = 1.003,
    spacing: Spacing = "karras",
) -> Iterator[Tensor]:
    """Yields x (B, ...) after each step; two network calls per step, one for a step to sigma = 0.

    A step from a noise level sigma / alpha in [low, high] begins by raising it by its churn / N-th
    part, N the number of steps, at most by sqrt(2) - 1, with noise of standard deviation `noise`.
    Churn 0 is `heun`. The paper's names are S_churn, S_tmin, S_tmax, S_noise, and the defaults are
    those of its table 5 for ImageNet. The paper's ODE has sigma / alpha as its time and this one
    the angle of `heun`. Raises InputError for a denoiser that draws.
    """
    needs_mean(denoiser, "edm")
    grid = spaced(denoiser.schedule, times, spacing)
    more = min(churn / max(1, len(grid) - 1), MOST)
    return steps(denoiser, x, grid, randn, more, Interval(low, high), noise)


@torch.no_grad()
def steps(
    denoiser: Denoiser,
    x: Tensor,
    times: Tensor,
    randn: Randn,
    more: float,
    interval: Interval,
    noise: float,
) -> Iterator[Tensor]:
    """The steps of `edm`, without gradients."""
    schedule = denoiser.schedule
    for t, s in pairwise(times):
        if more > 0 and interval.holds(schedule, x, t):
            x, t = raised(schedule, x, t, more, noise * randn(x))
        x = step(denoiser, x, t, s, randn)
        yield x


def raised(
    schedule: Schedule, x: Tensor, t: Tensor, more: float, noise: Tensor
) -> tuple[Tensor, Tensor]:
    """x and its time after the noise level sigma / alpha grew by the factor 1 + more, but not
    beyond that of time 1."""
    alpha, sigma = schedule(t)
    later = time_at(schedule, (1 + more) * sigma, alpha)
    alpha_later, sigma_later = schedule(later)
    scale = alpha_later / alpha
    return scale * x + (sigma_later**2 - (scale * sigma) ** 2).clamp_min(0).sqrt() * noise, later
