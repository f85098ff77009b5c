"""A control of IBG: a step of the same size against the score, towards low density."""

from torch import Tensor

from scorefield.core.bounds import NonNegative
from scorefield.core.denoiser import Denoiser
from scorefield.core.interval import in_spreads
from scorefield.core.tilt import rms_normalise, shift_prediction


def minus_score(
    denoiser: Denoiser,
    *,
    scale: float = 1.0,
    low: NonNegative = 0.3,
    high: NonNegative = 2.3,
    spread: NonNegative = 0.0,
) -> Denoiser:
    """Changes the predicted noise along itself by `scale` times its size, at the noise
    levels of `ibg`; this is a change of temperature."""
    levels = in_spreads(denoiser, low, high, spread)

    def direction(x: Tensor, t: Tensor, x0: Tensor) -> Tensor:
        alpha, sigma = denoiser.schedule(t)
        return rms_normalise((x - alpha * x0) / sigma)

    return shift_prediction(denoiser, direction, scale, levels)
