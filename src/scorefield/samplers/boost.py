"""Boost-and-Skip (arXiv 2502.06516): ancestral sampling from a later time and larger noise."""

from collections.abc import Iterator

import torch
from torch import Tensor

from scorefield.core.bounds import Positive, Share
from scorefield.core.bridge import walk
from scorefield.core.denoiser import Denoiser
from scorefield.core.noise import Randn
from scorefield.core.schedule import time_at
from scorefield.samplers._spacing import Spacing, spaced


def boost(
    denoiser: Denoiser,
    x: Tensor,
    times: Tensor,
    randn: Randn = torch.randn_like,
    *,
    churn: Share = 1.0,
    scale: float = 1.0,
    level: Positive = 3.0,
    spacing: Spacing = "time",
) -> Iterator[Tensor]:
    """Yields x (B, ...) after each step. It starts at the noise level sigma / alpha = `level` with
    1 + scale times the noise of that level; one network call per step."""
    schedule = denoiser.schedule
    grid = spaced(schedule, times / times[0] * time_at(schedule, level), spacing)
    boosted = (1 + scale) * schedule.sigma(grid[0]) / schedule.sigma(times[0])
    return walk(denoiser, boosted.to(x) * x, grid, randn, churn)
