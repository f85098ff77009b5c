"""How well a log ratio and its gradient follow the exact ones, by noise level."""

from functools import partial

import torch
from torch import Tensor

from scorefield.core.results import RatioValues
from scorefield.metrics.intervals import estimate

KEYS = ("correlation", "slope", "cosine", "gradient")
DRAWS = 200  # of the bootstrap
LEAST = -10.0  # log ratios below it are as good as minus infinity, and are set to it


def ratio_error(found: RatioValues, exact: RatioValues) -> list[dict[str, float]]:
    """For each noise level sigma / alpha: the `correlation` of T with the exact log ratio and the
    `slope` of its regression on it, over joint and independent pairs, both at least LEAST; and over
    independent pairs, where there is something to change, as medians the `cosine` of the gradients
    and `gradient`, the part of the exact gradient that the gradient of T has along it. The scale of
    guidance that makes up for it is 1 / gradient. Each has the ends of its 95 % interval as _low
    and _high, by bootstrap of the pairs."""
    rows = []
    for i, level in enumerate(exact.levels.tolist()):
        ours, true = (each.value[i].double().clamp_min(LEAST) for each in (found, exact))
        half = len(ours) // 2
        a, b = (g.gradient[i, half:].double().flatten(1) for g in (found, exact))
        along, size = (a * b).sum(1), b.norm(dim=1)
        part = along / size.square()
        cosine = (along / (a.norm(dim=1) * size)).where(size > 0, torch.nan)

        statistic = partial(figures, ours, true, cosine, part)
        every = estimate(statistic, [torch.arange(half), torch.arange(half, len(ours))], DRAWS)
        row = {"level": level}
        for key, mean, low, high in zip(KEYS, every.mean, every.low, every.high, strict=True):
            row |= {key: mean.item(), f"{key}_low": low.item(), f"{key}_high": high.item()}
        rows.append(row)
    return rows


def figures(ours: Tensor, true: Tensor, cosine: Tensor, part: Tensor, index: Tensor) -> Tensor:
    """The figures of `KEYS` of rows `index` (2 N,), the last N of which are independent pairs."""
    half = len(ours) // 2
    covariance, mine = torch.stack([ours[index], true[index]]).cov(), index[half:] - half
    slope = covariance[0, 1] / covariance[1, 1]
    moved = [values[mine].nanmedian() for values in (cosine, part)]
    return torch.stack([correlation(covariance), slope, *moved])


def correlation(covariance: Tensor) -> Tensor:
    """The correlation of two variables with a covariance (2, 2)."""
    return covariance[0, 1] / covariance.diagonal().prod().sqrt()
