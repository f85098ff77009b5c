"""How uncertain a FID is."""

import torch
from torch import Tensor

from scorefield.core.bounds import Seed, Several

Z = 1.959964  # of a normal law, for 95 %


def root(matrix: Tensor) -> Tensor:
    """The symmetric root of a covariance (F, F)."""
    values, vectors = torch.linalg.eigh(matrix)
    found: Tensor = vectors * values.clamp(min=0).sqrt() @ vectors.T
    return found


def bootstrap(fake: Tensor, real: Tensor, draws: Several = 100, seed: Seed = 0) -> float:
    """The standard deviation of the FID of features (M, F) to (N, F), fake first, over `draws`
    resamples of the fake ones with replacement (Efron 1979); the reference stays, as the rules
    fix it. The mean of resamples is not used: FID is biased upwards, and theirs twice."""
    source = torch.Generator().manual_seed(seed)
    mean, half = real.mean(0), root(real.T.cov())
    constant, found = half.square().sum(), []
    for _ in range(draws):
        part = fake[torch.randint(len(fake), (len(fake),), generator=source)]
        cov = part.T.cov()
        cross = torch.linalg.eigvalsh(half @ cov @ half).clamp(min=0).sqrt().sum()
        found.append((part.mean(0) - mean).square().sum() + cov.trace() + constant - 2 * cross)
    return torch.stack(found).std().item()
