"""The variance after adding noise again (De Vita and Belagiannis 2025)."""

import torch
from torch import Tensor

from scorefield.core.bounds import Several
from scorefield.core.denoiser import Denoiser, needs_mean
from scorefield.core.noise import Randn
from scorefield.core.schedule import aligned


def renoise(
    denoiser: Denoiser,
    x: Tensor,
    t: Tensor | float,
    randn: Randn = torch.randn_like,
    per_pixel: bool = False,
    *,
    probes: Several = 4,
) -> Tensor:
    """The variance, summed over coordinates, of m(alpha m(x) + sigma z, t) over z; shape (B,); with
    `per_pixel` that of each coordinate, of x's shape.

    Unbiased for every number of probes. Costs probes + 1 network calls; differentiable.
    """
    needs_mean(denoiser, "renoise")
    t = aligned(t, x)
    m, schedule = denoiser(x, t), denoiser.schedule
    again = torch.stack([denoiser(schedule.add_noise(m, t, randn), t) for _ in range(probes)])
    return again.var(0) if per_pixel else again.var(0).flatten(1).sum(1)
