"""A control of IBG: a step of the same size in a random direction, fixed or new at every call."""

import torch
from torch import Tensor

from scorefield.core.bounds import NonNegative
from scorefield.core.denoiser import Chunk, Denoiser, derived, needs_mean
from scorefield.core.tilt import rms_normalise, shift_prediction


def random(
    denoiser: Denoiser,
    *,
    scale: float = 1.0,
    fresh: bool = False,
    low: NonNegative = 0.8,
    high: NonNegative = 6.0,
) -> Denoiser:
    """Changes the predicted noise by `scale` times its size along Gaussian noise, at noise levels
    sigma / alpha in [low, high]. A fresh direction at every call averages out; a fixed one, drawn
    once for each sample of a chunk, is the stronger control."""
    needs_mean(denoiser, "guidance")

    def make(chunk: Chunk) -> Denoiser:
        (inner,), known = chunk.bind(denoiser), dict[torch.Size, Tensor]()

        def direction(x: Tensor, t: Tensor, x0: Tensor) -> Tensor:
            if fresh or x.shape not in known:
                known[x.shape] = rms_normalise(chunk.randn(x))
            return known[x.shape]

        return shift_prediction(inner, direction, scale, low, high)

    return derived(denoiser, make)
