"""Samples that copy: nearer to one real image than images that were drawn anew ever are."""

import torch
from torch import Tensor

NEAR = 1 / 3  # of the way to the second neighbour (Yoon et al. 2023, Gu et al. 2023)


def copied(fake: Tensor, real: Tensor) -> Tensor:
    """Whether rows (M, F) lie at less than a third of the way to their second neighbour among
    (N, F) from the nearest, bools (M,); both neighbours at no distance count too."""
    far = [torch.cdist(part, real).topk(2, 1, largest=False).values for part in fake.split(500)]
    first, second = torch.cat(far).T
    return first <= NEAR * second


def copies(fake: dict[str, Tensor], real: dict[str, Tensor]) -> dict[str, float]:
    """`copies`, the share of samples that copy a real one in any of the given views (pixels,
    features, ...), each (M, F) and (N, F); and `distinct`, how many samples differ."""
    found = torch.stack([copied(fake[view], real[view]) for view in fake]).any(0)
    first = next(iter(fake.values()))
    return {"copies": found.double().mean().item(), "distinct": len(first.unique(dim=0))}
