"""Memorisation: samples that are much nearer to one real image than to all others."""

import torch
from torch import Tensor

from scorefield.pipeline.ranks import by_rows

CHUNK, BLOCK = 1000, 2048  # rows and columns of one block of distances
NEAR = 1 / 3  # of the distance to the second neighbour (Yoon et al. 2023, Gu et al. 2023)


def closest(fake: Tensor, *real: Tensor) -> Tensor:
    """Distances of rows (M, F) to their two nearest of all (N, F), bytes or floats: (M, 2)."""
    fake, near = as_float(fake), torch.full((len(fake), 2), torch.inf)
    for part in real:
        for block in part.split(BLOCK):
            distances = torch.cdist(fake, as_float(block))
            near = torch.cat([near, distances], 1).topk(2, 1, largest=False).values
    return near


def as_float(x: Tensor) -> Tensor:
    """Bytes as floats; floats unchanged."""
    return x if x.is_floating_point() else x.float()


def copied(fake: Tensor, *real: Tensor) -> Tensor:
    """Whether rows (M, F) are copies, bools (M,): the nearest of all (N, F) is at most a third as
    far as the second nearest, or both have distance 0."""
    near = by_rows(lambda part: closest(part, *real), fake, CHUNK)
    return near[:, 0] <= NEAR * near[:, 1]


def memorisation(fake: dict[str, Tensor], *real: dict[str, Tensor]) -> dict[str, float]:
    """`copies`, the share of samples that copy a real one in any of the given representations
    (pixels, features), each (M, F), and (N, F) for every split; and `distinct`, the number of
    different samples in the first representation."""
    found = [copied(rows, *(part[view] for part in real)) for view, rows in fake.items()]
    share = torch.stack(found).any(0).double().mean().item()
    return {"copies": share, "distinct": len(next(iter(fake.values())).unique(dim=0))}
