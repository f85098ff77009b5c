"""The noise schedule of a table of steps, and that of pipelines whose noise explodes."""

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator
from torch import Tensor

from scorefield.core.schedule import Schedule

LEAST = 1e-13  # alpha^2 of a table that ends without signal (zero terminal SNR)


def tabulated(alpha_squared: Tensor) -> Schedule:
    """The schedule that has the values of a table alpha^2 (N,) at t = 1 / N, ..., 1 and no noise at
    t = 0. Between, -log(alpha^2) is a monotone cubic of t (Fritsch and Carlson 1980), so that
    alpha / sigma falls and has a derivative everywhere."""
    nodes = -alpha_squared.double().clamp(LEAST, 1).log().numpy()
    steps = len(nodes)
    cubic = PchipInterpolator(np.arange(steps + 1), np.concatenate([[0.0], nodes]))
    table = torch.from_numpy(np.ascontiguousarray(cubic.c.T))  # (N, 4), the highest power first

    def lost(t: Tensor) -> Tensor:
        """-log(alpha^2) at t, in float64."""
        index = (steps * t.double()).clamp(0, steps)
        part = index.detach().floor().clamp(max=steps - 1)
        a, b, c, d = table.to(t.device)[part.long()].unbind(-1)
        u = index - part
        return ((a * u + b) * u + c) * u + d

    def alpha(t: Tensor) -> Tensor:
        return (-lost(t) / 2).exp().to(t.dtype)

    def sigma(t: Tensor) -> Tensor:
        return (-torch.expm1(-lost(t))).clamp_min(0).sqrt().to(t.dtype)

    return Schedule(alpha, sigma)


def exploding(most: float) -> Schedule:
    """alpha = 1, sigma = `most` t^7: the times of equal steps are the grid of Karras et al. 2022,
    equation 5, down to 0."""
    return Schedule(lambda t: torch.ones_like(t), lambda t: most * t**7)
