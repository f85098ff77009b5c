"""How far an estimated log ratio is from the true one, as the logarithm of relative ratios.

The relative ratio r_a = r / (a r + 1 - a) is what RuLSIF with alpha = a estimates (Yamada et al.
2011, equation 4); r_0 is the ratio itself."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from scorefield.core.errors import InputError

LEAST = -10.0  # log ratios below it are as good as minus infinity, and are set to it


def log_relative(log_ratio: Tensor, alpha: float) -> Tensor:
    """log r_a of log ratios log r, of the same shape, at most log(1 / a). Raises InputError for an
    alpha outside of [0, 1)."""
    if not 0 <= alpha < 1:
        raise InputError(f"alpha: expected a number of at least 0 and below 1, found {alpha:g}")
    if alpha == 0:
        return log_ratio
    rest = math.log(1 - alpha) - log_ratio
    return -torch.logaddexp(torch.full_like(rest, math.log(alpha)), rest)


def relative_errors(found: Tensor, true: Tensor, alphas: Sequence[float]) -> list[float]:
    """For each alpha the root mean square of log r_a of the estimated ratio minus that of the true
    one, of log ratios (N,), both at least LEAST."""
    ours, exact = (each.double().clamp_min(LEAST) for each in (found, true))
    gaps = (log_relative(ours, alpha) - log_relative(exact, alpha) for alpha in alphas)
    return [gap.square().mean().sqrt().item() for gap in gaps]
