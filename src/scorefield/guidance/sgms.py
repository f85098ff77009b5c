"""Self-guided minority sampling (Um and Ye 2024, arXiv 2407.11555): the closest rival of IBG."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser, Model
from scorefield.core.schedule import time_at
from scorefield.core.tilt import gradient, push, unit


def sgms(
    model: Model, helper: Model, *, scale: float, level: float, low: float, high: float
) -> Denoiser:
    """Away from what the helper makes of its own posterior mean after noise of sigma / alpha =
    level: the predicted noise moves by `scale` of its size along the gradient of their squared
    distance, through the mean alone. Three network calls and one backward.

    The authors use LPIPS, the largest entry as the norm and every fifth step; here the distance is
    Euclidean, the size that of IBG and its controls, at every level sigma / alpha in [low, high].
    """
    schedule = model.schedule

    def distance(x: Tensor, t: Tensor) -> Tensor:
        mean, s = helper(x, t), time_at(schedule, level).to(t)
        alpha, sigma = schedule(s)
        with torch.no_grad():
            again = helper(alpha * mean + sigma * helper.randn(x), s)
        return (mean - again).square().flatten(1).sum(1)

    direction = lambda x, t, x0: unit(gradient(distance, x, t))
    return push(model, schedule, direction, scale, low, high)
