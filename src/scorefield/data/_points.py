"""Datasets of points from a Gaussian mixture, and layouts of its modes."""

import torch
from torch import Tensor

from scorefield.core import exact
from scorefield.core.exact import Mixture


def isotropic(weight: Tensor, mean: Tensor, std: float) -> Mixture:
    """Isotropic components of one standard deviation; weight (K,), mean (K, D), in float64."""
    return Mixture.isotropic(mean, std, weight)


def points(
    law: Mixture, mode: Tensor, train: int, validation: int, test: int, seed: int
) -> dict[str, Tensor]:
    """Splits of independent draws with the mode of each point, and the law.

    `mode` (K,) assigns each component to a mode; a mode may have weight 0.
    """
    generator = torch.Generator().manual_seed(seed)
    made = {"mixture.weight": law.weight, "mixture.mean": law.mean, "mixture.cov": law.cov}
    made["mixture.mode"] = mode
    for split, n in {"train": train, "validation": validation, "test": test}.items():
        x, k = law.sample(n, generator)
        made |= {split: x.float(), f"{split}_labels": mode[k]}
    return made


def square() -> tuple[Tensor, float, int]:
    """The corners of a square; special: a corner."""
    side = torch.tensor([-1.0, 1.0])
    return 2.5 * torch.cartesian_prod(side, side), 0.25, 0


def ring() -> tuple[Tensor, float, int]:
    """Eight modes on a circle; special: the one on the right."""
    return exact.ring(8, 3.0), 0.25, 0


def line() -> tuple[Tensor, float, int]:
    """Five modes on a line; special: the middle."""
    return torch.stack([2.0 * torch.arange(-2, 3), torch.zeros(5)], -1), 0.25, 2


def grid() -> tuple[Tensor, float, int]:
    """A grid of 5 x 5 modes; special: the middle."""
    return exact.grid(5, 1.5), 0.15, 12


LAYOUTS = {  # centres, standard deviation and the index of the special mode
    "square": square,
    "ring": ring,
    "line": line,
    "grid": grid,
}
