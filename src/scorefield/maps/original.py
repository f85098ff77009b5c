"""The original instability score of MUE: the squared change under a small perturbation."""

from torch import Tensor

from scorefield.core.bridge import Randn
from scorefield.core.denoiser import Denoiser
from scorefield.core.schedule import Schedule


def original(
    denoiser: Denoiser,
    schedule: Schedule,
    x: Tensor,
    t: Tensor,
    randn: Randn,
    *,
    probes: int,
    step: float,
) -> Tensor:
    """The mean over coordinates and probes of (m(x + step xi) - m(x))^2, shape (B,).

    The step is absolute, as published (StanNgugi/mue_project, 2025); for step -> 0 it is step^2 / d
    times the squared Frobenius norm of dm/dx. Costs probes + 1 network calls; differentiable.
    """
    m, total = denoiser(x, t), 0.0
    for _ in range(probes):
        total = total + (denoiser(x + step * randn(x), t) - m).square().flatten(1).mean(1)
    return total / probes
