"""The original instability score of MUE: the squared change under a small perturbation."""

import torch
from torch import Tensor

from scorefield.core.bounds import Count, Positive
from scorefield.core.denoiser import Denoiser, needs_mean
from scorefield.core.noise import Randn
from scorefield.core.schedule import aligned


def original(
    denoiser: Denoiser,
    x: Tensor,
    t: Tensor | float,
    randn: Randn = torch.randn_like,
    per_pixel: bool = False,
    *,
    probes: Count = 10,
    step: Positive = 0.05,
) -> Tensor:
    """The mean over coordinates and probes of (m(x + step xi) - m(x))^2, shape (B,); with
    `per_pixel` before the mean over coordinates, of x's shape.

    The step is absolute, as published (StanNgugi/mue_project, 2025); for step -> 0 it is step^2 / d
    times the squared Frobenius norm of dm/dx. Costs probes + 1 network calls; differentiable.
    """
    needs_mean(denoiser, "original")
    t = aligned(t, x)
    m, total = denoiser(x, t), torch.zeros((), dtype=x.dtype, device=x.device)
    for _ in range(probes):
        squares = (denoiser(x + step * randn(x), t) - m).square()
        total = total + (squares if per_pixel else squares.flatten(1).mean(1))
    return total / probes
