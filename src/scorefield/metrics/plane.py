"""All scores of points in the plane against a known mixture."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.core.errors import InputError
from scorefield.core.schedule import linear
from scorefield.metrics.discovery import discovery
from scorefield.metrics.energy_distance import energy_distance
from scorefield.metrics.mmd import mmd2, mmd2_floor
from scorefield.metrics.novelty import novelty, summary
from scorefield.metrics.shares import mode_of, shares


def plane(
    fake: Tensor,
    data: dict[str, Tensor],
    judge: Model,
    *,
    narrow: float,
    wide: float,
    within: float,
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Figures, and a table of shares by mode; the judge is an exact model.

    mmd2 has bandwidth 1, mmd2_narrow and mmd2_wide the given ones; mmd2_floor is the standard
    deviation of mmd2 between exact draws. nll is the mean of -log p under the true mixture, in
    nats; a point further than `within` standard deviations from every component is outside.
    """
    if not hasattr(judge.net, "law"):
        raise InputError("judge: points are judged by a model with net: exact, which knows the law")
    law, real = judge.net.law(), data["test"]
    figures = {
        "mmd2": mmd2(fake, real, 1.0),
        "mmd2_floor": mmd2_floor(law, len(fake), len(real), 1.0),
    }
    figures |= {"mmd2_narrow": mmd2(fake, real, narrow), "mmd2_wide": mmd2(fake, real, wide)}
    figures["energy_distance"] = energy_distance(fake, real)
    now = torch.zeros(())
    for key, x in {"nll": fake, "nll_floor": real}.items():
        figures[key] = -law.log_prob(linear(), x.double(), now).clamp_min(-1e3).mean().item()
    mode = data["mixture.mode"]
    modes = int(mode.max()) + 1
    found = shares(mode_of(law, mode, fake, within), modes)
    true = torch.zeros(modes, dtype=torch.float64).index_add_(0, mode, law.weight)
    figures |= {
        "outside": 1 - found.sum().item(),
        "mode_min": found.min().item(),
        "mode_max": found.max().item(),
    }
    figures |= summary(novelty(fake, real))
    if true.min() < true.max() / 2:
        figures |= discovery(found[true.argmin()].item(), figures["outside"], len(fake))
    return figures, {"share": found.tolist(), "expected": true.tolist()}
