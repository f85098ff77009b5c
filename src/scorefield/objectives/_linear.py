"""What objectives of the straight path share."""

import torch

from scorefield.core.errors import InputError
from scorefield.core.schedule import Schedule


def needs_linear(schedule: Schedule, who: str) -> None:
    """Raise InputError for another schedule than `linear`."""
    t = torch.tensor([0.25, 0.75])
    alpha, sigma = schedule(t)
    if not (torch.allclose(alpha, 1 - t) and torch.allclose(sigma, t)):
        raise InputError(f"{who}: expected schedule: linear, x_t = (1 - t) x_0 + t z")
