"""Where a sampler puts its times: grids with the same ends and the same number of steps."""

from collections.abc import Callable
from math import atan
from typing import Literal

import torch
from torch import Tensor

from scorefield.core.schedule import Schedule, time_at

Spacing = Literal["time", "angle", "karras", "logsnr"]
Map = Callable[[Tensor], Tensor]
LEAST, MOST = 0.01, 80.0  # noise levels of karras and logsnr; .01 is the first of 1,000 DDPM steps
POWER = 7.0
COORDINATES: dict[str, tuple[Map, Map]] = {  # of the noise level, and back to it
    "karras": (lambda level: level ** (1 / POWER), lambda c: c**POWER),
    "logsnr": (torch.log, torch.exp),
}


def spaced(schedule: Schedule, times: Tensor, spacing: Spacing) -> Tensor:
    """As many times as `times` (N + 1,), falling, from its first to its last.

    `time` leaves them as they are; the equidistant ones are those that diffusers calls trailing.
    `angle` is equidistant in atan(sigma / alpha), which is the cosine schedule's own time.
    Equidistant in (sigma / alpha)^(1/7) is `karras` (Karras et al. 2022, eq. 5), in log(sigma /
    alpha) `logsnr` (Lu et al. 2022), both between the noise levels .01 and 80, whatever the ends.
    """
    if spacing == "time":
        return times
    angles = torch.atan2(schedule.sigma(times), schedule.alpha(times))
    inner = between(angles, spacing)[1:-1]
    return torch.cat([times[:1], time_at(schedule, inner.sin(), inner.cos()), times[-1:]])


def between(angles: Tensor, spacing: Spacing) -> Tensor:
    """The angles atan(sigma / alpha) of a grid between the first and the last of `angles`, ends
    included."""
    if spacing == "angle":
        return equidistant(angles, len(angles))
    forward, back = COORDINATES[spacing]
    ends = angles.clamp(atan(LEAST), atan(MOST))
    extra = ends[-1:] > angles[-1:]  # the last step is from the least level to the end
    levels = back(equidistant(forward(ends.tan()), len(angles) - int(extra)))
    return torch.cat([levels.atan(), angles[-1:][extra]])


def equidistant(values: Tensor, count: int) -> Tensor:
    """So many values from the first to the last."""
    share = torch.linspace(0, 1, count, dtype=values.dtype, device=values.device)
    return values[0] + (values[-1] - values[0]) * share
