"""A control of IBG: a higher temperature, without a gradient."""

from torch import Tensor

from scorefield.core.bounds import NonNegative
from scorefield.core.denoiser import Denoiser
from scorefield.core.interval import in_spreads
from scorefield.core.tilt import shift_prediction


def temperature(
    denoiser: Denoiser,
    *,
    scale: float = 1.0,
    low: NonNegative = 0.3,
    high: NonNegative = 2.3,
    spread: NonNegative = 0.0,
) -> Denoiser:
    """Rescales the predicted noise as if Gaussian data of standard deviation `spread` had 1 + scale
    times that deviation (temporal score rescaling, arXiv 2510.01184), at the noise levels of `ibg`.
    No additional network calls but those that read the spread."""
    levels = in_spreads(denoiser, low, high, spread)

    def direction(x: Tensor, t: Tensor, x0: Tensor) -> Tensor:
        (alpha, sigma), width = denoiser.schedule(t), levels.unit(x)
        before = (alpha * width) ** 2 + sigma**2
        after = (alpha * width * (1 + scale)) ** 2 + sigma**2
        return (1 - before / after) * (x - alpha * x0) / sigma

    return shift_prediction(denoiser, direction, float(scale != 0), levels)
