"""The minority score (Um, Lee and Ye 2024) with squared distance."""

import torch
from torch import Tensor

from scorefield.core.bounds import Count
from scorefield.core.denoiser import Denoiser, needs_mean
from scorefield.core.noise import Randn
from scorefield.core.schedule import aligned


def minority(
    denoiser: Denoiser,
    x: Tensor,
    t: Tensor | float,
    randn: Randn = torch.randn_like,
    per_pixel: bool = False,
    *,
    probes: Count = 4,
) -> Tensor:
    """E |m(alpha m(x) + sigma z, t) - m(x)|^2, shape (B,): the posterior mean is noised and
    denoised again. It is the variance of `renoise` plus a squared bias, which is large for unusual
    m. With `per_pixel` that of each coordinate, of x's shape. Costs probes + 1 network calls;
    differentiable."""
    needs_mean(denoiser, "minority")
    t = aligned(t, x)
    m, total = denoiser(x, t), torch.zeros((), dtype=x.dtype, device=x.device)
    for _ in range(probes):
        squares = (denoiser(denoiser.schedule.add_noise(m, t, randn), t) - m).square()
        total = total + (squares if per_pixel else squares.flatten(1).sum(1))
    return total / probes
