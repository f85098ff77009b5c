"""Instability under renewed noise (De Vita and Belagiannis 2025)."""

import torch
from torch import Tensor

from scorefield.core.bridge import Randn
from scorefield.core.denoiser import Denoiser
from scorefield.core.schedule import Schedule


def renoise(
    denoiser: Denoiser, schedule: Schedule, x: Tensor, t: Tensor, randn: Randn, *, probes: int
) -> Tensor:
    """The variance, summed over coordinates, of m(alpha m(x) + sigma z, t) over z; shape (B,).

    Unbiased in the number of probes, which is at least 2. Costs probes + 1 network calls;
    differentiable.
    """
    alpha, sigma = schedule(t)
    m = denoiser(x, t)
    again = torch.stack([denoiser(alpha * m + sigma * randn(x), t) for _ in range(probes)])
    return again.var(0).flatten(1).sum(1)
