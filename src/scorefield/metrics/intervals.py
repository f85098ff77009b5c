"""Bootstrap intervals of any statistic of rows."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from scorefield.core.bounds import Seed, Several
from scorefield.metrics.bootstrap import Z


class Estimate(NamedTuple):
    """A statistic, its standard error, and the ends of its 95 % interval, of one shape."""

    mean: Tensor
    se: Tensor
    low: Tensor
    high: Tensor


def estimate(
    statistic: Callable[[Tensor], Tensor],
    groups: Sequence[Tensor],
    draws: Several = 1000,
    seed: Seed = 0,
) -> Estimate:
    """A statistic of row indices (N,), its standard error over `draws` resamples of each group of
    indices with replacement (Efron 1979), and its normal interval. The interval is around the
    statistic itself, since resampling adds noise a second time and shifts correlations of noisy
    values. Draws that are NaN do not count."""
    source = torch.Generator().manual_seed(seed)

    def again(group: Tensor) -> Tensor:
        return group[torch.randint(len(group), (len(group),), generator=source)]

    found = [statistic(torch.cat([again(group) for group in groups])) for _ in range(draws)]
    values, mean = torch.stack(found).double(), statistic(torch.cat([*groups])).double()
    se = (values - values.nanmean(0)).square().nanmean(0).sqrt()
    return Estimate(mean, se, mean - Z * se, mean + Z * se)
