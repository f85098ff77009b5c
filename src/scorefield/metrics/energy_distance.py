"""Energy distance (Szekely and Rizzo 2013)."""

import torch
from torch import Tensor

ROWS = 512  # of one block of distances


def distance_sum(x: Tensor, y: Tensor) -> Tensor:
    """The sum of |x - y| over all pairs."""
    total = x.new_zeros(())
    for part in x.split(ROWS):
        total = total + torch.cdist(part, y, compute_mode="donot_use_mm_for_euclid_dist").sum()
    return total


def energy_distance(fake: Tensor, real: Tensor) -> float:
    """2 E|x - y| - E|x - x'| - E|y - y'|, unbiased, of points (M, D) and (N, D)."""
    fake, real = fake.double(), real.double()
    m, n = len(fake), len(real)
    across = 2 * distance_sum(fake, real) / (m * n)
    within = distance_sum(fake, fake) / (m * (m - 1)) + distance_sum(real, real) / (n * (n - 1))
    return (across - within).item()
