"""The uncertainty of the FID."""

import torch
from torch import Tensor

from scorefield.core.bounds import Seed, Several

Z = 1.959964  # quantile of the normal distribution for a 95 % interval


def root(matrix: Tensor) -> Tensor:
    """The symmetric square root of a covariance (F, F)."""
    values, vectors = torch.linalg.eigh(matrix)
    found: Tensor = vectors * values.clamp(min=0).sqrt() @ vectors.T
    return found


def bootstrap(fake: Tensor, real: Tensor, draws: Several = 100, seed: Seed = 0) -> float:
    """The standard deviation of the FID of fake features (M, F) to real ones (N, F), over `draws`
    resamples of the fake ones with replacement (Efron 1979). The real ones are not resampled, as
    the rules fix them. The mean over resamples is not used: it is biased upwards twice."""
    source = torch.Generator().manual_seed(seed)
    mean, half = real.mean(0), root(real.T.cov())
    constant, distances = half.square().sum(), []
    for _ in range(draws):
        part = fake[torch.randint(len(fake), (len(fake),), generator=source)]
        cov = part.T.cov()
        cross = torch.linalg.eigvalsh(half @ cov @ half).clamp(min=0).sqrt().sum()
        squared = (part.mean(0) - mean).square().sum()
        distances.append(squared + cov.trace() + constant - 2 * cross)
    return torch.stack(distances).std().item()
