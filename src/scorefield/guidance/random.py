"""A control of IBG: a random direction of the same size, one a sample or fresh at each step."""

from scorefield.core.denoiser import Denoiser, Model
from scorefield.core.tilt import push, unit


def random(
    model: Model, helper: Model, *, scale: float, fresh: bool, low: float, high: float
) -> Denoiser:
    """Moves the predicted noise by `scale` of its size along Gaussian noise, at noise levels
    sigma / alpha in [low, high]. A fresh direction averages out; a fixed one is the strong
    control."""
    kept = {}

    def direction(x, t, x0):
        if fresh or kept.get("source") is not model.randn:
            kept.update(source=model.randn, u=unit(model.randn(x)))
        return kept["u"]

    return push(model, model.schedule, direction, scale, low, high)
