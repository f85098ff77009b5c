"""Rank correlations of scores with outcomes, and what is left of them when other quantities are
held fixed."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from scorefield.metrics.ranking import centred_ranks

NOTHING = 1e-9  # a share of the variance that is rounding


class Correlations(NamedTuple):
    """Of S scores with O outcomes, (S, O) each: Spearman's correlation, the partial one, and the
    part of the variance of an outcome's ranks that the score explains beyond the given
    quantities (incremental R^2)."""

    plain: Tensor
    partial: Tensor
    gain: Tensor


def correlations(scores: Tensor, outcomes: Tensor, given: Tensor) -> Correlations:
    """Correlations of scores (N, S) with outcomes (N, O), given quantities (N, K).

    The partial correlation is that of the residuals of ranks in linear regressions on the ranks of
    `given`; 0 where these leave nothing. A constant column has NaN.
    """
    a, b, c = (centred_ranks(part) for part in (scores, outcomes, given))
    left, right = residuals(a, c), residuals(b, c)
    plain = cosines(a, b)
    partial = cosines(left, right).nan_to_num(0.0).where(~plain.isnan(), torch.nan)
    unexplained = right.square().sum(0) / b.square().sum(0)
    return Correlations(plain, partial, partial.square() * unexplained)


def residuals(values: Tensor, given: Tensor) -> Tensor:
    """Columns (N, S) less their projections on the columns of given (N, K); exactly 0 where these
    explain them."""
    fitted, *_ = np.linalg.lstsq(given.numpy(), values.numpy(), rcond=None)
    left = values - given @ torch.from_numpy(fitted)
    kept: Tensor = left.square().sum(0) > NOTHING * values.square().sum(0)
    return torch.where(kept, left, 0.0)


def cosines(a: Tensor, b: Tensor) -> Tensor:
    """The cosines between the columns of (N, S) and (N, O), (S, O); NaN with a column of zeros."""
    return (a.T @ b) / (a.norm(dim=0)[:, None] * b.norm(dim=0))
