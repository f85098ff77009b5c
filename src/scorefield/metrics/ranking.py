"""Figures of a ranking by a score: the area under the ROC curve and Spearman's correlation."""

import torch
from scipy.stats import mannwhitneyu, rankdata
from torch import Tensor


def auroc(positive: Tensor, negative: Tensor) -> Tensor:
    """The probability that the score of a positive is above that of a negative, ties counting half
    (Mann and Whitney 1947); (N, ...) and (M, ...) to (...). A score without information has .5."""
    above = mannwhitneyu(positive.numpy(), negative.numpy(), axis=0, method="asymptotic")
    return torch.as_tensor(above.statistic) / (len(positive) * len(negative))


def auroc_se(area: float, positives: int, negatives: int) -> float:
    """The standard error of an area under the ROC curve (Hanley and McNeil 1982)."""
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area) + (positives - 1) * (one - area**2) + (negatives - 1) * (two - area**2)
    )
    error: float = (variance / (positives * negatives)) ** 0.5
    return error


def spearman(a: Tensor, b: Tensor) -> Tensor:
    """The correlation of the ranks of a and b, (N, ...) to (...)."""
    a, b = centred_ranks(a), centred_ranks(b)
    return (a * b).sum(0) / (a.square().sum(0) * b.square().sum(0)).sqrt()


def centred_ranks(values: Tensor) -> Tensor:
    """Ranks along the first dimension, less their mean, (N, ...)."""
    ranks = torch.from_numpy(rankdata(values.numpy(), axis=0))
    return ranks - ranks.mean(0)


def mean_se(values: Tensor) -> tuple[float, float]:
    """The mean over (N,) independent cases and its standard error."""
    return values.mean().item(), (values.std() / len(values) ** 0.5).item()
