"""Datasets of points whose true law is a Gaussian mixture, and where its modes may lie."""

from math import pi

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


def square() -> tuple[Tensor, float, int]:
    return 2.5 * torch.cartesian_prod(torch.tensor([-1.0, 1.0]), torch.tensor([-1.0, 1.0])), 0.25, 0


def ring() -> tuple[Tensor, float, int]:
    angle = torch.arange(8) * pi / 4
    return 3 * torch.stack([angle.cos(), angle.sin()], -1), 0.25, 0


def line() -> tuple[Tensor, float, int]:
    return torch.stack([2.0 * torch.arange(-2, 3), torch.zeros(5)], -1), 0.25, 2


def grid() -> tuple[Tensor, float, int]:
    steps = 1.5 * torch.arange(-2, 3)
    return torch.cartesian_prod(steps, steps), 0.15, 12


LAYOUTS = {  # centres, standard deviation and the index of the special mode
    "square": square,
    "ring": ring,
    "line": line,
    "grid": grid,
}
