"""UniPC (Zhao et al. 2023, arXiv 2302.04867): a predictor and a corrector of any order."""

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser, needs_mean
from scorefield.core.noise import Randn
from scorefield.samplers._multistep import falling, log_snr, multistep
from scorefield.samplers._spacing import Spacing, spaced


def unipc(
    denoiser: Denoiser,
    x: Tensor,
    times: Tensor,
    randn: Randn = torch.randn_like,
    *,
    order: Literal[2, 3] = 3,
    spacing: Spacing = "angle",
) -> Iterator[Tensor]:
    """Yields x (B, ...) after each of the len(times) - 1 steps; one network call per step.

    It is the authors' multistep form with B(h) = e^h - 1 (bh2) and x_0 as the prediction. The
    corrector uses the network's value where the step ended. The last steps have lower orders.
    Raises InputError for a denoiser that draws.
    """
    needs_mean(denoiser, "unipc")
    grid = spaced(denoiser.schedule, times, spacing)
    orders = falling(order, denoiser.schedule, grid)
    return multistep(denoiser, x, grid, log_snr, orders, corrected=True)
