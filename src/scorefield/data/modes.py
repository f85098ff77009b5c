"""Gaussian modes in a layout; the special one is withheld (weight 0) or rare."""

from typing import Literal

import torch
from torch import Tensor

from scorefield.core.bounds import Below1, Enough, Seed
from scorefield.data._points import LAYOUTS, isotropic, points

KIND = "points"


def modes(
    *,
    layout: Literal["square", "ring", "line", "grid"] = "ring",
    weight: Below1 = 0.01,
    train: Enough = 16384,
    validation: Enough = 4096,
    test: Enough = 4096,
    seed: Seed = 0,
) -> dict[str, Tensor]:
    """Points (N, 2), labelled by the mode; the special mode has label 0 and the given `weight`.

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
