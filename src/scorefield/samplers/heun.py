"""Heun's method on the probability-flow ODE (Karras et al. 2022), second order."""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor

from scorefield.core.bridge import Randn, bridge
from scorefield.core.denoiser import Denoiser, needs_mean
from scorefield.core.schedule import Schedule


def heun(
    denoiser: Denoiser, schedule: Schedule, x: Tensor, times: Tensor, randn: Randn
) -> Iterator[Tensor]:
    """Yields x after each step; two network calls a step, one for a step to sigma = 0.

    With n^2 = alpha^2 + sigma^2 and the angle phi = atan(sigma / alpha) the flow of u = x / n is
    du/dphi = (alpha z - sigma x_0) / n, which is finite at pure noise and at the data alike.
    """

    needs_mean(denoiser, "heun")

    def slope(x: Tensor, x0: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        alpha, sigma = schedule(t)
        n = (alpha**2 + sigma**2).sqrt()
        return (alpha * (x - alpha * x0) / sigma - sigma * x0) / n, n, torch.atan2(sigma, alpha)

    for t, s in pairwise(times):
        x0 = denoiser(x, t.to(x))
        ahead = bridge(schedule, x, x0, t, s, torch.ones_like(t), randn)
        if schedule.sigma(s) > 0:
            v_t, n_t, phi_t = slope(x, x0, t)
            v_s, n_s, phi_s = slope(ahead, denoiser(ahead, s.to(x)), s)
            x = n_s * (x / n_t + (phi_s - phi_t) / 2 * (v_t + v_s))
        else:
            x = ahead
        yield x
