"""All scores of points against a known mixture."""

import torch
from torch import Tensor

from scorefield.core.bounds import Positive
from scorefield.core.datasets import Points
from scorefield.core.exact import Mixture
from scorefield.core.schedule import linear
from scorefield.metrics.discovery import discovery
from scorefield.metrics.energy_distance import energy_distance
from scorefield.metrics.mmd import mmd, mmd_floor
from scorefield.metrics.novelty import novelty, summary
from scorefield.metrics.shares import mode_of, shares

LEAST = -1e3  # a log-density below this counts as this


def plane(
    fake: Tensor,
    data: Points,
    law: Mixture,
    *,
    narrow: Positive = 0.25,
    wide: Positive = 4.0,
    within: Positive = 3.0,
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Figures of points (N, D) that should follow the law, and a table of shares by mode.

    mmd2 has bandwidth 1, mmd2_narrow and mmd2_wide the given ones; mmd2_floor is the standard
    deviation of mmd2 between exact draws. nll is the mean of -log p under the law, in nats; a
    point further than `within` standard deviations from every component is outside.
    """
    real, modes = data.test, int(data.mode.max()) + 1
    figures = {
        "mmd2": mmd(fake, real),
        "mmd2_floor": mmd_floor(law, len(fake), len(real)),
        "mmd2_narrow": mmd(fake, real, narrow),
        "mmd2_wide": mmd(fake, real, wide),
        "energy_distance": energy_distance(fake, real),
        "nll": surprise(law, fake),
        "nll_floor": surprise(law, real),
    }
    found = shares(mode_of(law, data.mode, fake, within), modes)
    true = torch.zeros(modes, dtype=torch.float64).index_add_(0, data.mode, law.weight)
    outside = 1 - found.sum().item()
    figures |= {"outside": outside, "mode_min": found.min().item(), "mode_max": found.max().item()}
    figures |= summary(novelty(fake, real))
    if true.min() < true.max() / 2:
        figures |= discovery(found[true.argmin()].item(), outside, len(fake))
    return figures, {"share": found.tolist(), "expected": true.tolist()}


def surprise(law: Mixture, x: Tensor) -> float:
    """The mean of -log p over points (N, D), in nats."""
    found = law.log_prob(linear(), x.double(), torch.zeros(()))
    return -found.clamp_min(LEAST).mean().item()
