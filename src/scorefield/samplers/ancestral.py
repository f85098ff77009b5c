"""DDPM's ancestral sampling (Ho et al. 2020), with churn (De Bortoli et al. 2025)."""

from collections.abc import Iterator

from torch import Tensor

from scorefield.core.bridge import Randn, walk
from scorefield.core.denoiser import Denoiser
from scorefield.core.schedule import Schedule


def ancestral(
    denoiser: Denoiser, schedule: Schedule, x: Tensor, times: Tensor, randn: Randn, *, churn: float
) -> Iterator[Tensor]:
    """Yields x after each step; churn 1 is DDPM, 0 is DDIM; one network call a step."""
    return walk(denoiser, schedule, x, times, randn, churn)
