"""A dataset of points whose true law is a Gaussian mixture."""

import torch
from torch import Tensor

from scorefield.core.exact import Mixture


def isotropic(weight: Tensor, mean: Tensor, std: float) -> Mixture:
    """Components of one standard deviation; weight (K,), mean (K, D), in float64."""
    mean = mean.double()
    cov = std**2 * torch.eye(mean.shape[1], dtype=torch.float64).repeat(len(mean), 1, 1)
    return Mixture(weight.double() / weight.sum(), mean, cov)


def points(
    law: Mixture, mode: Tensor, train: int, validation: int, test: int, seed: int
) -> dict[str, Tensor]:
    """Splits of independent draws with the mode of each point, and the law itself.

    `mode` (K,) groups components into the modes that people see; a mode may have weight 0.
    """
    generator = torch.Generator().manual_seed(seed)
    made = {"mixture.weight": law.weight, "mixture.mean": law.mean, "mixture.cov": law.cov}
    made["mixture.mode"] = mode
    for split, n in {"train": train, "validation": validation, "test": test}.items():
        x, k = law.sample(n, generator)
        made |= {split: x.float(), f"{split}_labels": mode[k]}
    return made
