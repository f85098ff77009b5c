"""A control of IBG: a higher temperature, without any gradient."""

from scorefield.core.denoiser import Denoiser, Model
from scorefield.core.tilt import push


def temperature(
    model: Model, helper: Model, *, scale: float, spread: float, low: float, high: float
) -> Denoiser:
    """Scales the predicted noise as if Gaussian data of standard deviation `spread` had 1 + scale
    times as much (temporal score rescaling, arXiv 2510.01184); at noise levels sigma / alpha in
    [low, high]. No network calls of its own."""

    def direction(x, t, x0):
        alpha, sigma = model.schedule(t)
        before = (alpha * spread) ** 2 + sigma**2
        after = (alpha * spread * (1 + scale)) ** 2 + sigma**2
        return (1 - before / after) * (x - alpha * x0) / sigma

    return push(model, model.schedule, direction, float(scale != 0), low, high)
