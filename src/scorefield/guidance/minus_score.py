"""A control of IBG: against the score, towards low density, by the same amount."""

from scorefield.core.denoiser import Denoiser, Model
from scorefield.core.tilt import push, unit


def minus_score(model: Model, helper: Model, *, scale: float, low: float, high: float) -> Denoiser:
    """Moves the predicted noise along itself by `scale` of its size, at noise levels sigma / alpha
    in [low, high]; a change of temperature."""

    def direction(x, t, x0):
        alpha, sigma = model.schedule(t)
        return unit((x - alpha * x0) / sigma)

    return push(model, model.schedule, direction, scale, low, high)
