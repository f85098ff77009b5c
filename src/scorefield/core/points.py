"""Datasets of points whose true law is a Gaussian mixture, and where its modes may lie."""

import torch
from torch import Tensor

from scorefield.core import exact
from scorefield.core.exact import Mixture


def isotropic(weight: Tensor, mean: Tensor, std: float) -> Mixture:
    """Components of one standard deviation; weight (K,), mean (K, D), in float64."""
    return Mixture.isotropic(mean, std, weight)


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
    return exact.ring(8, 3.0), 0.25, 0


def line() -> tuple[Tensor, float, int]:
    return torch.stack([2.0 * torch.arange(-2, 3), torch.zeros(5)], -1), 0.25, 2


def grid() -> tuple[Tensor, float, int]:
    return exact.grid(5, 1.5), 0.15, 12


LAYOUTS = {  # centres, standard deviation and the index of the special mode
    "square": square,
    "ring": ring,
    "line": line,
    "grid": grid,
}
