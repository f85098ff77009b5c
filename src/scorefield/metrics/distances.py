"""Distances between features, some rows at a time: memory does not grow with the samples."""

from collections.abc import Callable

import torch
from torch import Tensor

from scorefield.core.ranks import by_rows

ENTRIES = 2**23  # of a table of distances that is held at a time


def over(figure: Callable[[Tensor], Tensor], x: Tensor, real: Tensor) -> Tensor:
    """figure(distances) of each row of x (M, F) from all of (N, F), (M, ...): it takes the
    distances of some rows, (m, N), to (m, ...)."""

    def of_rows(part: Tensor) -> Tensor:
        return figure(torch.cdist(part, real))

    return by_rows(of_rows, x, max(1, ENTRIES // len(real)))


def nearest(fake: Tensor, real: Tensor, count: int) -> Tensor:
    """The distances of features (M, F) from their nearest neighbours among (N, F), (M, count)."""
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=count).fit(real.numpy())
    return torch.from_numpy(found.kneighbors(fake.numpy())[0])


def reach(real: Tensor, neighbour: int) -> Tensor:
    """The distance of each row (N, F) from its neighbour of that number, (N,)."""

    def furthest(far: Tensor) -> Tensor:
        return far.topk(neighbour + 1, 1, largest=False).values[:, neighbour]

    return over(furthest, real, real)
