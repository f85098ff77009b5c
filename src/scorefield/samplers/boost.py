"""Boost-and-Skip (arXiv 2502.06516): ancestral sampling from louder noise, begun later."""

from collections.abc import Iterator

from torch import Tensor

from scorefield.core.bridge import Randn, walk
from scorefield.core.denoiser import Denoiser
from scorefield.core.schedule import Schedule, time_at


def boost(
    denoiser: Denoiser,
    schedule: Schedule,
    x: Tensor,
    times: Tensor,
    randn: Randn,
    *,
    churn: float,
    scale: float,
    level: float,
) -> Iterator[Tensor]:
    """Yields x after each step from the noise level sigma / alpha = level, where it begins with
    1 + scale times the noise of that level; one network call a step."""
    grid = times / times[0] * time_at(schedule, level)
    louder = (1 + scale) * schedule.sigma(grid[0]) / schedule.sigma(times[0])
    return walk(denoiser, schedule, louder.to(x) * x, grid, randn, churn)
