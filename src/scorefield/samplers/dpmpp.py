"""DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095), multistep: second or third order."""

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser, needs_mean
from scorefield.core.noise import Randn
from scorefield.samplers._multistep import falling, log_snr, multistep
from scorefield.samplers._spacing import Spacing, spaced


def dpmpp(
    denoiser: Denoiser,
    x: Tensor,
    times: Tensor,
    randn: Randn = torch.randn_like,
    *,
    order: Literal[2, 3] = 2,
    spacing: Spacing = "angle",
) -> Iterator[Tensor]:
    """Yields x (B, ...) after each of the len(times) - 1 steps; one network call per step.

    Order 2 is the paper's algorithm 2 (2M). Order 3 integrates the polynomial through three values
    of x_0; the authors' program for it (3M) halves the quadratic term, which leaves order 2. The
    last steps have lower orders. Raises InputError for a denoiser that draws.
    """
    needs_mean(denoiser, "dpmpp")
    grid = spaced(denoiser.schedule, times, spacing)
    return multistep(denoiser, x, grid, log_snr, falling(order, denoiser.schedule, grid))
