"""A control of IBG: a step of the same size in a random direction, fixed or new at every call."""

import torch
from torch import Tensor

from scorefield.core.bounds import NonNegative
from scorefield.core.denoiser import Chunk, Denoiser, derived, needs_mean
from scorefield.core.interval import in_spreads
from scorefield.core.tilt import rms_normalise, shift_prediction


def random(
    denoiser: Denoiser,
    *,
    scale: float = 1.0,
    fresh: bool = False,
    low: NonNegative = 0.3,
    high: NonNegative = 2.3,
    spread: NonNegative = 0.0,
) -> Denoiser:
    """Changes the predicted noise by `scale` times its size along Gaussian noise, at the noise
    levels of `ibg`. A fresh direction at every call averages out; a fixed one, drawn once for each
    sample of a chunk, is the stronger control."""
    needs_mean(denoiser, "guidance")
    levels = in_spreads(denoiser, low, high, spread)

    def make(chunk: Chunk) -> Denoiser:
        (inner,), known = chunk.bind(denoiser), dict[torch.Size, Tensor]()

        def direction(x: Tensor, t: Tensor, x0: Tensor) -> Tensor:
            if fresh or x.shape not in known:
                known[x.shape] = rms_normalise(chunk.randn(x))
            return known[x.shape]

        return shift_prediction(inner, direction, scale, levels)

    return derived(denoiser, make)
