"""A control of IBG: a step of the same size against the score, towards low density."""

from torch import Tensor

from scorefield.core.bounds import NonNegative
from scorefield.core.denoiser import Denoiser
from scorefield.core.tilt import rms_normalise, shift_prediction


def minus_score(
    denoiser: Denoiser,
    *,
    scale: float = 1.0,
    low: NonNegative = 0.8,
    high: NonNegative = 6.0,
) -> Denoiser:
    """Changes the predicted noise along itself by `scale` times its size, at noise levels
    sigma / alpha in [low, high]; this is a change of temperature."""

    def direction(x: Tensor, t: Tensor, x0: Tensor) -> Tensor:
        alpha, sigma = denoiser.schedule(t)
        return rms_normalise((x - alpha * x0) / sigma)

    return shift_prediction(denoiser, direction, scale, low, high)
