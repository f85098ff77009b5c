"""DDIM (Song, Meng and Ermon 2021): the deterministic bridge, first order."""

from collections.abc import Iterator

from torch import Tensor

from scorefield.core.bridge import Randn, walk
from scorefield.core.denoiser import Denoiser
from scorefield.core.schedule import Schedule


def ddim(
    denoiser: Denoiser, schedule: Schedule, x: Tensor, times: Tensor, randn: Randn
) -> Iterator[Tensor]:
    """Yields x after each of the len(times) - 1 steps; one network call a step."""
    return walk(denoiser, schedule, x, times, randn, churn=0.0)
