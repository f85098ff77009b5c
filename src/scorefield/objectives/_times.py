"""Times of the rows of a batch."""

from typing import Literal

import torch
from torch import Tensor

from scorefield.core.schedule import Schedule, time_at

Levels = Literal["uniform", "logit_normal"]


def drawn_times(
    x: Tensor,
    levels: str,
    location: float,
    spread: float,
    training: bool,
    schedule: Schedule | None = None,
) -> Tensor:
    """Stratified times in (0, 1] of rows x (B, ...), (B,), on the CPU: uniform, or in training by a
    normal of mean `location` and standard deviation `spread`. Logit-normal times are its sigmoid
    (Esser et al. 2024, section 3.1); with `log_normal` it is log(sigma / alpha) of the `schedule`
    (Karras et al. 2022, table 1), which on the linear schedule is the same."""
    uniform = stratified(len(x))
    if not training or levels not in ("logit_normal", "log_normal"):
        return uniform
    normal = location + spread * torch.special.ndtri(uniform)
    if levels == "logit_normal" or schedule is None:
        return torch.sigmoid(normal)
    return time_at(schedule, normal.exp())


def stratified(n: int) -> Tensor:
    """n times in (0, 1] in random order, one uniform in each of n equal parts, (n,), on the CPU:
    what depends on them is then known without waiting for a GPU. The loss of a batch varies less
    with them than with independent times (Kingma et al. 2021, appendix I)."""
    part = torch.randperm(n)
    return (part + (1 - torch.rand(n))) / n  # in this order never rounded to 0
