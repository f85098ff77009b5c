"""Memorisation: samples that are much nearer to one real image than to all others."""

import torch
from torch import Tensor

from scorefield.pipeline.ranks import by_rows

CHUNK, BLOCK = 1000, 2048  # rows and columns of one block of distances
NEAR = 1 / 3  # of the distance to the second neighbour (Yoon et al. 2023, Gu et al. 2023)


def nearest(fake: Tensor, *real: Tensor, k: int = 2) -> tuple[Tensor, Tensor]:
    """Distances of rows (M, F) to their k nearest of all (N, F), bytes or floats, ascending, and
    which of all they are: two of (M, k). Where N < k, infinite distances to row 0 follow."""
    fake, start = as_float(fake), 0
    near, place = torch.full((len(fake), k), torch.inf), torch.zeros(len(fake), k, dtype=torch.long)
    for block in (block for part in real for block in part.split(BLOCK)):
        distances = torch.cat([near, torch.cdist(fake, as_float(block))], 1)
        places = torch.cat(
            [place, torch.arange(start, start + len(block)).expand(len(fake), -1)], 1
        )
        near, chosen = distances.topk(k, 1, largest=False)
        place, start = places.gather(1, chosen), start + len(block)
    return near, place


def as_float(x: Tensor) -> Tensor:
    """Bytes as floats; floats unchanged."""
    return x if x.is_floating_point() else x.float()


def near_one(near: Tensor) -> Tensor:
    """Whether the nearest is at most a third as far as the second nearest, or both have distance 0,
    from distances (M, 2) or more: bools (M,)."""
    return near[:, 0] <= NEAR * near[:, 1]


def copied(fake: Tensor, *real: Tensor) -> Tensor:
    """Whether rows (M, F) are copies by `near_one`, bools (M,)."""
    return by_rows(lambda part: near_one(nearest(part, *real)[0]), fake, CHUNK)


def memorisation(fake: dict[str, Tensor], *real: dict[str, Tensor]) -> dict[str, float]:
    """`copies`, the share of samples that copy a real one in any of the given representations
    (pixels, features), each (M, F), and (N, F) for every split; and `distinct`, the number of
    different samples in the first representation."""
    found = [copied(rows, *(part[view] for part in real)) for view, rows in fake.items()]
    share = torch.stack(found).any(0).double().mean().item()
    return {"copies": share, "distinct": len(next(iter(fake.values())).unique(dim=0))}
