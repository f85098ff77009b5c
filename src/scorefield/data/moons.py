"""Two interleaving half circles, each a chain of Gaussians."""

from math import pi

import torch
from torch import Tensor

from scorefield.core.bounds import Enough, Positive, Seed, Size
from scorefield.data._points import isotropic, points

KIND = "points"


def moons(
    *,
    links: Size = 24,
    std: Positive = 0.2,
    train: Enough = 16384,
    validation: Enough = 4096,
    test: Enough = 4096,
    seed: Seed = 0,
) -> dict[str, Tensor]:
    """Points (N, 2), centred, of radius 2; `links` Gaussians for each moon, labelled by the
    moon."""
    angle = (torch.arange(links) + 0.5) * pi / links
    upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], -1)
    law = isotropic(torch.ones(2 * links), 2 * torch.cat([upper, -upper]), std)
    label = torch.arange(2).repeat_interleave(links)
    return points(law, label, train, validation, test, seed)
