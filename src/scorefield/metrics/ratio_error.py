"""How well a log ratio and its gradient follow the exact ones, by noise level."""

import torch
from torch import Tensor

from scorefield.core.results import RatioValues

LEAST = -10.0  # log ratios below it are as good as minus infinity, and are set to it


def ratio_error(found: RatioValues, exact: RatioValues) -> list[dict[str, float]]:
    """For each noise level sigma / alpha: the `correlation` of T with the exact log ratio and the
    `slope` of its regression on it, over joint and independent pairs, both at least LEAST; and over
    independent pairs, where there is something to change, as medians the `cosine` of the gradients
    and `gradient`, the part of the exact gradient that the gradient of T has along it. The scale of
    guidance that makes up for it is 1 / gradient."""
    rows = []
    for i, level in enumerate(exact.levels.tolist()):
        ours, true = (each.value[i].double().clamp_min(LEAST) for each in (found, exact))
        covariance = torch.stack([ours, true]).cov()
        independent = slice(len(ours) // 2, None)
        a, b = (g.gradient[i, independent].double().flatten(1) for g in (found, exact))
        along, moves = (a * b).sum(1), b.norm(dim=1) > 0
        part, cosine = along / b.square().sum(1), along / (a.norm(dim=1) * b.norm(dim=1))
        rows.append(
            {
                "level": level,
                "correlation": correlation(covariance),
                "slope": (covariance[0, 1] / covariance[1, 1]).item(),
                "cosine": cosine[moves].nanmedian().item(),
                "gradient": part[moves].median().item(),
            }
        )
    return rows


def correlation(covariance: Tensor) -> float:
    """The correlation of two variables with a covariance (2, 2)."""
    return (covariance[0, 1] / covariance.diagonal().prod().sqrt()).item()
