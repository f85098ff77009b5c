"""The dark squares of a 4 x 4 checkerboard, each a lattice of narrow Gaussians."""

import torch
from torch import Tensor

from scorefield.core.bounds import Enough, Seed, Size
from scorefield.data._points import isotropic, points

KIND = "points"


def checkerboard(
    *,
    lattice: Size = 5,
    train: Enough = 16384,
    validation: Enough = 4096,
    test: Enough = 4096,
    seed: Seed = 0,
) -> dict[str, Tensor]:
    """Points (N, 2) in [-4, 4]^2; lattice^2 Gaussians for each square, labelled by the square.

    The standard deviation is .6 of the lattice spacing: the sum of the Gaussians is constant to
    1e-3.
    """
    corner = torch.cartesian_prod(torch.arange(4), torch.arange(4))
    corner = 2.0 * corner[corner.sum(1) % 2 == 0] - 4
    spacing = 2 / lattice
    inside = (torch.arange(lattice) + 0.5) * spacing
    mean = (corner[:, None] + torch.cartesian_prod(inside, inside)).flatten(0, 1)
    law = isotropic(torch.ones(len(mean)), mean, 0.6 * spacing)
    label = torch.arange(len(corner)).repeat_interleave(lattice**2)
    return points(law, label, train, validation, test, seed)
