"""Two Gaussians, N((3, 3), I / 4) and N((-3, 3), I / 4) in equal parts (De Bortoli et al. 2025)."""

import torch
from torch import Tensor

from scorefield.core.bounds import Count, Seed
from scorefield.data._points import isotropic, points


def bimodal(
    *,
    train: Count = 16384,
    validation: Count = 4096,
    test: Count = 4096,
    seed: Seed = 0,
) -> dict[str, Tensor]:
    """Points (N, 2), labelled by the mode."""
    law = isotropic(torch.ones(2), torch.tensor([[3.0, 3.0], [-3.0, 3.0]]), std=0.5)
    return points(law, torch.arange(2), train, validation, test, seed)
