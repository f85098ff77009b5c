"""The martingale residual: an error signal from one model alone."""

import torch
from torch import Tensor

from scorefield.core.bridge import Randn
from scorefield.core.denoiser import Denoiser
from scorefield.core.schedule import Schedule
from scorefield.maps.drift import steps


def martingale(
    denoiser: Denoiser,
    schedule: Schedule,
    x: Tensor,
    t: Tensor,
    randn: Randn,
    *,
    probes: int,
    shrink: float,
) -> Tensor:
    """|E m(x_s, s) - m(x_t, t)| over ancestral steps to sigma_s / alpha_s = shrink sigma_t /
    alpha_t, shape (B,).

    Posterior means are a martingale along the exact reverse process, so it is 0 for an exact
    denoiser but for the Gaussian step; compare with that control. Costs probes + 1 network calls,
    in antithetic pairs; without gradient.
    """
    mean = steps(denoiser, schedule, x, t, randn, probes, shrink).mean(0)
    return torch.linalg.vector_norm(mean.flatten(1), dim=1)
