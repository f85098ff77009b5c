"""The martingale residual: an estimate of the error of a denoiser from the denoiser alone."""

import torch
from torch import Tensor

from scorefield.core.bounds import OpenShare, Pairs
from scorefield.core.denoiser import Denoiser
from scorefield.core.noise import Randn
from scorefield.instability.drift import changes


def martingale(
    denoiser: Denoiser,
    x: Tensor,
    t: Tensor | float,
    randn: Randn = torch.randn_like,
    per_pixel: bool = False,
    *,
    probes: Pairs = 16,
    shrink: OpenShare = 0.7,
) -> Tensor:
    """|E m(x_s, s) - m(x_t, t)| over ancestral steps to sigma_s / alpha_s = shrink sigma_t /
    alpha_t, shape (B,); with `per_pixel` the difference of each coordinate, of x's shape.

    Posterior means are a martingale along the exact reverse process. For an exact denoiser the
    residual is 0 except for the error of the Gaussian step: compare with an exact denoiser as the
    control. Costs probes + 1 network calls, in antithetic pairs; without gradient.
    """
    mean = changes(denoiser, x, t, randn, probes, shrink).mean(0)
    return mean if per_pixel else torch.linalg.vector_norm(mean.flatten(1), dim=1)
