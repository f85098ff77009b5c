"""Density and coverage: precision and recall that outliers do not blow up."""

from torch import Tensor

from scorefield.core.bounds import Count
from scorefield.metrics.distances import over, reach


def density_coverage(fake: Tensor, real: Tensor, neighbours: Count = 5) -> dict[str, float]:
    """`density`, in how many balls of real features a fake one lies, over `neighbours`, and
    `coverage`, the share of balls that hold a fake one (Naeem et al. 2020); (M, F) and (N, F).

    A ball reaches to a real feature's neighbour of that number. Equal laws have density 1 and
    coverage 1 - 2^-neighbours, for many of both.
    """
    radius = reach(real, neighbours)
    balls = over(lambda far: (far < radius).sum(1), fake, real)
    covered = over(lambda far: far.min(1).values, real, fake) < radius
    density = balls.double().mean().item() / neighbours
    return {"density": density, "coverage": covered.double().mean().item()}
