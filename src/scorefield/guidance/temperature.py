"""A control of IBG: a higher temperature, without a gradient."""

from torch import Tensor

from scorefield.core.bounds import NonNegative, Positive
from scorefield.core.denoiser import Denoiser
from scorefield.core.tilt import shift_prediction


def temperature(
    denoiser: Denoiser,
    *,
    scale: float = 1.0,
    spread: Positive = 2.0,
    low: NonNegative = 0.8,
    high: NonNegative = 6.0,
) -> Denoiser:
    """Rescales the predicted noise as if Gaussian data of standard deviation `spread` had 1 + scale
    times that deviation (temporal score rescaling, arXiv 2510.01184), at noise levels sigma / alpha
    in [low, high]. No additional network calls."""

    def direction(x: Tensor, t: Tensor, x0: Tensor) -> Tensor:
        alpha, sigma = denoiser.schedule(t)
        before = (alpha * spread) ** 2 + sigma**2
        after = (alpha * spread * (1 + scale)) ** 2 + sigma**2
        return (1 - before / after) * (x - alpha * x0) / sigma

    return shift_prediction(denoiser, direction, float(scale != 0), low, high)
