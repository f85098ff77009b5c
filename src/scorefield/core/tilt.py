"""Energy guidance: a denoiser moved along the gradient of a log weight."""

from collections.abc import Callable

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser, needs_mean
from scorefield.core.schedule import Schedule

LogWeight = Callable[[Tensor, Tensor], Tensor]  # (x_t, t) -> (B,)


def gradient(log_weight: LogWeight, x: Tensor, t: Tensor) -> Tensor:
    """Its gradient at x, of x's shape; the rows are independent."""
    with torch.enable_grad():
        at = x.detach().requires_grad_()
        return torch.autograd.grad(log_weight(at, t).sum(), at)[0]


def inside(schedule: Schedule, t: Tensor, low: float, high: float) -> bool:
    """Whether the noise level sigma / alpha of t, one for all rows, lies in [low, high]."""
    alpha, sigma = schedule(t)
    return bool(((low * alpha <= sigma) & (sigma <= high * alpha)).all())


def push(
    denoiser: Denoiser,
    schedule: Schedule,
    direction: Callable[[Tensor, Tensor, Tensor], Tensor],
    scale: float,
    low: float,
    high: float,
) -> Denoiser:
    """x_0 + scale sigma / alpha u(x_t, t, x_0) for a direction u: the predicted noise moves by
    -scale u, which is `scale` of its own size where u has a root mean square of 1. The denoiser
    itself for sigma / alpha outside of [low, high]."""
    needs_mean(denoiser, "guidance")

    def guided(x: Tensor, t: Tensor) -> Tensor:
        x0 = denoiser(x, t)
        if scale == 0 or not inside(schedule, t, low, high):
            return x0
        alpha, sigma = schedule(t)
        return x0 + scale * sigma / alpha * direction(x, t, x0)

    return guided


def tilt(
    denoiser: Denoiser,
    schedule: Schedule,
    log_weight: LogWeight,
    scale: float,
    low: float = 0.0,
    high: float = float("inf"),
) -> Denoiser:
    """x_0 + scale sigma^2 / alpha grad log_weight(x_t, t): at every noise level the denoiser of
    p_t(x) weight(x)^scale (Dhariwal and Nichol 2021, in this currency); outside of the noise
    levels sigma / alpha in [low, high] the denoiser itself."""
    direction = lambda x, t, x0: schedule.sigma(t) * gradient(log_weight, x, t)
    return push(denoiser, schedule, direction, scale, low, high)


def unit(g: Tensor, least: Tensor | float = 0.0) -> Tensor:
    """g scaled to a root mean square of 1 for each row; where its norm is below `least`, in
    proportion to the norm, so that a vanishing g does nothing."""
    norm = torch.linalg.vector_norm(g.flatten(1), dim=1).view(-1, *[1] * (g.ndim - 1))
    tiny = torch.finfo(g.dtype).tiny
    return g[0].numel() ** 0.5 * g / norm.clamp_min(tiny).maximum(torch.as_tensor(least).to(g))
