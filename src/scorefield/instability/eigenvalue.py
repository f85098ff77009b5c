"""The largest eigenvalue of the Jacobian of the denoiser: above 1 between modes."""

import torch
from torch import Tensor

from scorefield.core.bounds import Count, Positive
from scorefield.core.denoiser import Denoiser, needs_mean, slope
from scorefield.core.noise import Randn
from scorefield.core.schedule import aligned


def eigenvalue(
    denoiser: Denoiser,
    x: Tensor,
    t: Tensor | float,
    randn: Randn = torch.randn_like,
    *,
    iterations: Count = 10,
    step: Positive = 0.05,
) -> Tensor:
    """The largest eigenvalue of dm/dz, z = x / alpha, by power iteration, shape (B,).

    Above 1 exactly where log p_t is not locally concave. Central differences of half-width
    step sigma; costs 2 iterations network calls; differentiable through the last one.
    """
    needs_mean(denoiser, "eigenvalue")
    t = aligned(t, x)
    alpha, sigma = denoiser.schedule(t)
    h, v = step * sigma, normalised(randn(x))
    for _ in range(iterations - 1):
        with torch.no_grad():
            v = normalised(alpha * slope(denoiser, x, t, v, h))
    image = alpha * slope(denoiser, x, t, v, h)
    return (v * image).flatten(1).sum(1)


def normalised(v: Tensor) -> Tensor:
    """Rows of Euclidean norm 1."""
    length = torch.linalg.vector_norm(v.flatten(1), dim=1)
    return v / length.clamp_min(1e-12).view(-1, *[1] * (v.ndim - 1))
