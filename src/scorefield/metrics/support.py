"""Density and coverage: precision and recall that outliers do not blow up."""

import torch
from torch import Tensor


def support(fake: Tensor, real: Tensor, neighbours: int = 5) -> dict[str, float]:
    """`density`, in how many balls of real features a fake one lies, over `neighbours`, and
    `coverage`, the share of balls that hold a fake one (Naeem et al. 2020); (M, F) and (N, F).

    A ball reaches to a real feature's neighbour of that number. Equal laws have density 1 and
    coverage 1 - 2^-neighbours, for many of both.
    """
    radius = torch.cdist(real, real).kthvalue(neighbours + 1, dim=1).values
    held = torch.cat([torch.cdist(part, real) < radius for part in fake.split(500)])
    density = held.sum().item() / (neighbours * len(fake))
    return {"density": density, "coverage": held.any(0).double().mean().item()}
