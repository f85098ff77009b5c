"""DDIM (Song, Meng and Ermon 2021): the deterministic bridge, first order."""

from collections.abc import Iterator

import torch
from torch import Tensor

from scorefield.core.bridge import walk
from scorefield.core.denoiser import Denoiser
from scorefield.core.noise import Randn
from scorefield.samplers._spacing import Spacing, spaced


def ddim(
    denoiser: Denoiser,
    x: Tensor,
    times: Tensor,
    randn: Randn = torch.randn_like,
    *,
    spacing: Spacing = "time",
) -> Iterator[Tensor]:
    """Yields x (B, ...) after each of the len(times) - 1 steps; one network call per step."""
    return walk(denoiser, x, spaced(denoiser.schedule, times, spacing), randn, churn=0.0)
