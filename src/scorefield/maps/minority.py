"""The minority score (Um, Lee and Ye 2024) with squared distance: renewed noise against itself."""

from torch import Tensor

from scorefield.core.bridge import Randn
from scorefield.core.denoiser import Denoiser
from scorefield.core.schedule import Schedule


def minority(
    denoiser: Denoiser, schedule: Schedule, x: Tensor, t: Tensor, randn: Randn, *, probes: int
) -> Tensor:
    """E |m(alpha m(x) + sigma z, t) - m(x)|^2, shape (B,): variance of `renoise` plus the bias,
    which sees an unfamiliar m. Costs probes + 1 network calls; differentiable."""
    alpha, sigma = schedule(t)
    m, total = denoiser(x, t), 0.0
    for _ in range(probes):
        again = denoiser(alpha * m + sigma * randn(x), t)
        total = total + (again - m).square().flatten(1).sum(1)
    return total / probes
