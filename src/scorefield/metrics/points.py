"""All figures of points against a known mixture."""

import torch
from torch import Tensor

from scorefield.core.bounds import Positive
from scorefield.core.datasets import Points
from scorefield.core.exact import Mixture
from scorefield.core.schedule import linear
from scorefield.metrics.discovery import discovery
from scorefield.metrics.energy_distance import energy_distance
from scorefield.metrics.mmd import mmd, mmd_floor, mmd_se
from scorefield.metrics.novelty import novelty, novelty_summary
from scorefield.metrics.shares import mode_of, shares

LEAST = -1e3  # log-densities are clamped from below at this value


def points(
    fake: Tensor,
    data: Points,
    law: Mixture,
    *,
    narrow: Positive = 0.25,
    wide: Positive = 4.0,
    within: Positive = 3.0,
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Figures of points (N, D) that should follow the law, and a table of shares by mode.

    mmd2 has bandwidth 1, mmd2_narrow and mmd2_wide the given ones. mmd2_floor is the standard
    deviation of mmd2 for exact draws, and mmd2_se its standard error for these points, at least the
    floor. nll is the mean of -log p under the law, in nats.
    off_mode is the share of points further than `within` standard deviations from every component;
    rare_mode, where a mode is rare or withheld, the share of points in it.
    """
    real, modes = data.test, int(data.mode.max()) + 1
    floor = mmd_floor(law, len(fake), len(real))
    figures = {
        "mmd2": mmd(fake, real),
        "mmd2_floor": floor,
        "mmd2_se": max(floor, mmd_se(fake, real)),
        "mmd2_narrow": mmd(fake, real, narrow),
        "mmd2_wide": mmd(fake, real, wide),
        "energy_distance": energy_distance(fake, real),
        "nll": negative_log_likelihood(law, fake),
        "nll_floor": negative_log_likelihood(law, real),
    }
    found = shares(mode_of(law, data.mode, fake, within), modes)
    true = torch.zeros(modes, dtype=torch.float64).index_add_(0, data.mode, law.weight)
    off_mode = 1 - found.sum().item()
    figures |= {"off_mode": off_mode}
    figures |= {"mode_min": found.min().item(), "mode_max": found.max().item()}
    figures |= novelty_summary(novelty(fake, real))
    if true.min() < true.max() / 2:
        figures |= discovery(found[true.argmin()].item(), off_mode, len(fake))
    return figures, {"share": found.tolist(), "expected": true.tolist()}


def negative_log_likelihood(law: Mixture, x: Tensor) -> float:
    """The mean of -log p over points (N, D), in nats."""
    found = law.log_prob(linear(), x.double(), torch.zeros(()))
    return -found.clamp_min(LEAST).mean().item()
