"""DDPM's ancestral sampling (Ho et al. 2020), with churn (De Bortoli et al. 2025)."""

from collections.abc import Iterator

import torch
from torch import Tensor

from scorefield.core.bounds import Share
from scorefield.core.bridge import walk
from scorefield.core.denoiser import Denoiser
from scorefield.core.noise import Randn
from scorefield.samplers._spacing import Spacing, spaced


def ancestral(
    denoiser: Denoiser,
    x: Tensor,
    times: Tensor,
    randn: Randn = torch.randn_like,
    *,
    churn: Share = 1.0,
    spacing: Spacing = "time",
) -> Iterator[Tensor]:
    """Yields x (B, ...) after each of the len(times) - 1 steps; churn 1 is DDPM, 0 is DDIM; one
    network call per step."""
    return walk(denoiser, x, spaced(denoiser.schedule, times, spacing), randn, churn)
