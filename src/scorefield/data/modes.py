"""Gaussian modes on a layout, one of which is withheld (weight 0) or rare; all are known."""

from math import pi
from typing import Literal

import torch
from torch import Tensor

from scorefield.core.points import isotropic, points


def modes(
    *,
    layout: Literal["square", "ring", "line", "grid"],
    weight: float,
    train: int,
    validation: int,
    test: int,
    seed: int,
) -> dict[str, Tensor]:
    """Points (N, 2); the special mode bears the label 0 and has the given share of the mass.

    Layouts: square +-2.5 (std .25, special: a corner), ring of 8 with radius 3 (std .25), line
    of 5 with spacing 2 (std .25, special: its middle), grid of 25 with spacing 1.5 (std .15,
    special: its centre).
    """
    mean, std, special = LAYOUTS[layout]()
    order = torch.tensor([special, *(k for k in range(len(mean)) if k != special)])
    share = torch.full((len(mean),), (1 - weight) / (len(mean) - 1), dtype=torch.float64)
    share[0] = weight
    law = isotropic(share, mean[order], std)
    return points(law, torch.arange(len(mean)), train, validation, test, seed)


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


LAYOUTS = {"square": square, "ring": ring, "line": line, "grid": grid}
