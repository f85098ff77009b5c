"""Heun's method on the probability-flow ODE (Karras et al. 2022), second order."""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor

from scorefield.core.bridge import bridge
from scorefield.core.denoiser import Denoiser, needs_mean
from scorefield.core.noise import Randn
from scorefield.core.schedule import Schedule
from scorefield.samplers._spacing import Spacing, spaced


def heun(
    denoiser: Denoiser,
    x: Tensor,
    times: Tensor,
    randn: Randn = torch.randn_like,
    *,
    spacing: Spacing = "time",
) -> Iterator[Tensor]:
    """Yields x (B, ...) after each step; two network calls per step, one for a step to sigma = 0.

    With n^2 = alpha^2 + sigma^2 and the angle phi = atan(sigma / alpha) the flow of u = x / n is
    du/dphi = (alpha z - sigma x_0) / n, which is finite at pure noise and at the data alike.
    Raises InputError for a denoiser that draws.
    """
    needs_mean(denoiser, "heun")
    return steps(denoiser, x, spaced(denoiser.schedule, times, spacing), randn)


@torch.no_grad()
def steps(denoiser: Denoiser, x: Tensor, times: Tensor, randn: Randn) -> Iterator[Tensor]:
    """The steps of `heun`, without gradients."""
    for t, s in pairwise(times):
        x = step(denoiser, x, t, s, randn)
        yield x


def step(denoiser: Denoiser, x: Tensor, t: Tensor, s: Tensor, randn: Randn) -> Tensor:
    """One step of `heun` from t to s, of x's shape."""
    schedule, x0 = denoiser.schedule, denoiser(x, t)
    ahead = bridge(schedule, x, x0, t, s, torch.ones_like(t), randn)
    if not schedule.sigma(s) > 0:
        return ahead
    v_t, n_t, phi_t = angular(schedule, x, x0, t)
    v_s, n_s, phi_s = angular(schedule, ahead, denoiser(ahead, s), s)
    return n_s * (x / n_t + (phi_s - phi_t) / 2 * (v_t + v_s))


def angular(schedule: Schedule, x: Tensor, x0: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """du/dphi, n and phi at x_t = x."""
    alpha, sigma = schedule(t)
    n = (alpha**2 + sigma**2).sqrt()
    return (alpha * (x - alpha * x0) / sigma - sigma * x0) / n, n, torch.atan2(sigma, alpha)
