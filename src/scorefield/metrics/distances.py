"""Distances between features, computed in blocks of rows so that memory stays bounded."""

from collections.abc import Callable

import torch
from torch import Tensor

from scorefield.pipeline.ranks import by_rows

ENTRIES = 2**23  # of one block of distances


def map_distances(function: Callable[[Tensor], Tensor], x: Tensor, real: Tensor) -> Tensor:
    """A function of the distances of each row of x (M, F) to all rows of `real` (N, F), (M, ...).
    `function` maps the distances (m, N) of a block of rows to (m, ...)."""

    def of_rows(part: Tensor) -> Tensor:
        return function(torch.cdist(part, real))

    return by_rows(of_rows, x, max(1, ENTRIES // len(real)))


def nearest_distances(fake: Tensor, real: Tensor, count: int) -> Tensor:
    """The distances of features (M, F) to their nearest neighbours among (N, F), (M, count)."""
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=count).fit(real.numpy())
    return torch.from_numpy(found.kneighbors(fake.numpy())[0])


def neighbour_distance(real: Tensor, k: int) -> Tensor:
    """The distance of each row (N, F) to its k-th nearest neighbour, (N,)."""

    def kth(distances: Tensor) -> Tensor:
        return distances.topk(k + 1, 1, largest=False).values[:, k]  # the first is the row itself

    return map_distances(kth, real, real)
