"""Density and coverage: variants of precision and recall that are robust to outliers."""

from torch import Tensor

from scorefield.core.bounds import Count
from scorefield.metrics.distances import map_distances, neighbour_distance


def density_coverage(fake: Tensor, real: Tensor, neighbours: Count = 5) -> dict[str, float]:
    """Density and coverage of fake features (M, F) and real ones (N, F) (Naeem et al. 2020).

    Each real feature has a ball, whose radius is the distance to its k-th neighbour, k =
    `neighbours`. `density` is the mean number of balls that a fake feature lies in, divided by k;
    `coverage` is the share of balls that hold a fake feature. For two large samples of the same law
    they are 1 and 1 - 2^-k.
    """
    radius = neighbour_distance(real, neighbours)

    def count_balls(distances: Tensor) -> Tensor:
        return (distances < radius).sum(1)

    def smallest(distances: Tensor) -> Tensor:
        return distances.min(1).values

    balls = map_distances(count_balls, fake, real)
    covered = map_distances(smallest, real, fake) < radius
    density = balls.double().mean().item() / neighbours
    return {"density": density, "coverage": covered.double().mean().item()}
