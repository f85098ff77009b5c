"""The largest eigenvalue of the denoiser's slope: above 1 between modes."""

import torch
from torch import Tensor

from scorefield.core.bridge import Randn
from scorefield.core.denoiser import Denoiser, slope
from scorefield.core.schedule import Schedule


def eigenvalue(
    denoiser: Denoiser,
    schedule: Schedule,
    x: Tensor,
    t: Tensor,
    randn: Randn,
    *,
    iterations: int,
    step: float,
) -> Tensor:
    """The largest eigenvalue of dm/dz, z = x / alpha, by power iteration, shape (B,).

    Above 1 exactly where log p_t is not locally concave. Central differences of half-width
    step sigma; costs 2 iterations network calls; differentiable through the last one.
    """
    alpha, sigma = schedule(t)
    length = lambda v: torch.linalg.vector_norm(v.flatten(1), dim=1)
    normed = lambda v: v / length(v).clamp_min(1e-12).view(-1, *[1] * (x.ndim - 1))
    h, v = step * sigma, normed(randn(x))
    for i in range(iterations):
        last = i == iterations - 1
        with torch.set_grad_enabled(torch.is_grad_enabled() and last):
            image = alpha * slope(denoiser, x, t, v, h)
        if not last:
            v = normed(image).detach()
    return (v * image).flatten(1).sum(1)
