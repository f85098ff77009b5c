"""Samples that copy: nearer to one real image than images that were drawn anew ever are."""

import torch
from torch import Tensor

from scorefield.core.ranks import by_rows

CHUNK, BLOCK = 1000, 2048  # rows of a table of distances, and columns
NEAR = 1 / 3  # of the way to the second neighbour (Yoon et al. 2023, Gu et al. 2023)


def closest(fake: Tensor, *real: Tensor) -> Tensor:
    """Distances of rows (M, F) from the two nearest of all (N, F), any type of number: (M, 2)."""
    fake, near = number(fake), torch.full((len(fake), 2), torch.inf)
    for part in real:
        for block in part.split(BLOCK):
            far = torch.cdist(fake, number(block))
            near = torch.cat([near, far], 1).topk(2, 1, largest=False).values
    return near


def number(x: Tensor) -> Tensor:
    """Bytes as floats; floats stay."""
    return x if x.is_floating_point() else x.float()


def copied(fake: Tensor, *real: Tensor) -> Tensor:
    """Whether rows (M, F) lie at less than a third of the way to their second neighbour among
    all (N, F) from the nearest, bools (M,); both neighbours at no distance count too."""
    near = by_rows(lambda part: closest(part, *real), fake, CHUNK)
    return near[:, 0] <= NEAR * near[:, 1]


def copies(fake: dict[str, Tensor], *real: dict[str, Tensor]) -> dict[str, float]:
    """`copies`, the share of samples that copy a real one in any of the given views (pixels,
    features, ...), each (M, F) and (N, F) of every split; and `distinct`, how many samples differ
    in the first view."""
    found = [copied(rows, *(part[view] for part in real)) for view, rows in fake.items()]
    share = torch.stack(found).any(0).double().mean().item()
    return {"copies": share, "distinct": len(next(iter(fake.values())).unique(dim=0))}
