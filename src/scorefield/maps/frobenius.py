"""The original instability score made independent of the noise level and the step."""

from torch import Tensor

from scorefield.core.bridge import Randn
from scorefield.core.denoiser import Denoiser, slope
from scorefield.core.schedule import Schedule


def frobenius(
    denoiser: Denoiser,
    schedule: Schedule,
    x: Tensor,
    t: Tensor,
    randn: Randn,
    *,
    probes: int,
    step: float,
) -> Tensor:
    """The squared Frobenius norm of dm/dz over d, with z = x / alpha, shape (B,).

    By central differences along Gaussian directions of length step sigma; equal to
    (alpha / sigma)^4 |C|_F^2 / d, C the posterior covariance. Costs 2 probes network calls;
    differentiable.
    """
    alpha, sigma = schedule(t)
    h, total = step * sigma, 0.0
    for _ in range(probes):
        total = total + (alpha * slope(denoiser, x, t, randn(x), h)).square().flatten(1).mean(1)
    return total / probes
