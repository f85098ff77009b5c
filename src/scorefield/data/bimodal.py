"""Two Gaussians, N((3, 3), I / 4) and N((-3, 3), I / 4) in equal parts (De Bortoli et al. 2025)."""

import torch
from torch import Tensor

from scorefield.core.bounds import Enough, Seed
from scorefield.data._points import isotropic, points

KIND = "points"


def bimodal(
    *,
    train: Enough = 16384,
    validation: Enough = 4096,
    test: Enough = 4096,
    seed: Seed = 0,
) -> dict[str, Tensor]:
    """Points (N, 2), labelled by the mode."""
    law = isotropic(torch.ones(2), torch.tensor([[3.0, 3.0], [-3.0, 3.0]]), std=0.5)
    return points(law, torch.arange(2), train, validation, test, seed)
