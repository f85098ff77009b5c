"""Self-guided minority sampling (Um and Ye 2024, arXiv 2407.11555), the method closest to IBG."""

import torch
from torch import Tensor

from scorefield.core.bounds import NonNegative, Positive
from scorefield.core.denoiser import Chunk, Denoiser, derived, needs_mean
from scorefield.core.interval import in_spreads
from scorefield.core.schedule import time_at
from scorefield.core.tilt import gradient, rms_normalise, shift_prediction


def sgms(
    denoiser: Denoiser,
    guide: Denoiser | None = None,
    *,
    scale: float = 1.0,
    level: Positive = 1.15,
    low: NonNegative = 0.3,
    high: NonNegative = 2.3,
    spread: NonNegative = 0.0,
) -> Denoiser:
    """The guide (by default the denoiser itself) denoises x_t, adds noise of `level` spreads
    and denoises again. The predicted noise moves by `scale` times its size along the
    gradient of the squared distance of the two results; only the first depends on x. A step costs
    three network calls and one backward one.

    The authors use LPIPS as the distance, the largest entry as the norm, and every fifth step. Here
    the distance is Euclidean, the size is that of IBG, and every step in the interval is
    guided, which is that of `ibg`.
    """
    levels = in_spreads(denoiser, low, high, spread)
    guide = denoiser if guide is None else guide
    schedule = denoiser.schedule
    needs_mean(denoiser, "guidance")

    def make(chunk: Chunk) -> Denoiser:
        inner, other = chunk.bind(denoiser, guide)

        def distance(x: Tensor, t: Tensor) -> Tensor:
            mean, s = other(x, t), time_at(schedule, level * levels.unit(x))
            with torch.no_grad():
                again = other(schedule.add_noise(mean, s, chunk.randn), s)
            return (mean - again).square().flatten(1).sum(1)

        def direction(x: Tensor, t: Tensor, x0: Tensor) -> Tensor:
            return rms_normalise(gradient(distance, x, t))

        return shift_prediction(inner, direction, scale, levels)

    return derived(denoiser, make)
