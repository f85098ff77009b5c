"""Energy guidance: a denoiser shifted along the gradient of a log weight."""

from collections.abc import Callable

import torch
from torch import Tensor

from scorefield.core.denoiser import Chunk, Denoiser, Function, derived, needs_mean
from scorefield.core.interval import Interval

EVERYWHERE = Interval()
LogWeight = Callable[[Tensor, Tensor], Tensor]  # (x_t, t) -> (B,)
Direction = Callable[[Tensor, Tensor, Tensor], Tensor]  # (x_t, t, x_0) -> of x's shape


def gradient(log_weight: LogWeight, x: Tensor, t: Tensor) -> Tensor:
    """The gradient of a log weight at x, of x's shape; rows are independent. Zero where the weight
    does not depend on x."""
    with torch.enable_grad():
        at = x.detach().requires_grad_()
        total = log_weight(at, t).sum()
        return torch.autograd.grad(total, at)[0] if total.requires_grad else torch.zeros_like(x)


def shift_prediction(
    denoiser: Denoiser,
    direction: Direction,
    scale: float,
    interval: Interval = EVERYWHERE,
) -> Denoiser:
    """x_0 + scale sigma / alpha u(x_t, t, x_0) for a direction u; x_0 itself for sigma / alpha
    outside of an interval. It adds -scale u to the predicted noise, which is `scale` times the
    size of that noise where u has a root mean square of 1. Raises InputError for a denoiser that
    draws."""
    needs_mean(denoiser, "guidance")
    schedule = denoiser.schedule

    def make(chunk: Chunk) -> Function:
        (inner,) = chunk.bind(denoiser)

        def guided(x: Tensor, t: Tensor) -> Tensor:
            x0 = inner(x, t)
            if scale == 0 or not (inside := interval.holds(schedule, x, t)).any():
                return x0
            alpha, sigma = schedule(t)
            moved = x0 + scale * sigma / alpha * direction(x, t, x0)
            return moved if inside.all() else torch.where(inside, moved, x0)

        return guided

    return derived(denoiser, make)


def tilt(
    denoiser: Denoiser,
    log_weight: LogWeight,
    scale: float = 1.0,
    interval: Interval = EVERYWHERE,
) -> Denoiser:
    """x_0 + scale sigma^2 / alpha grad log_weight(x_t, t): at each noise level the denoiser of
    p_t(x) weight(x)^scale (Dhariwal and Nichol 2021); x_0 itself for sigma / alpha outside of an
    interval. The log weight maps x_t (B, ...) to (B,). Raises InputError for a denoiser that
    draws."""
    sigma = denoiser.schedule.sigma

    def direction(x: Tensor, t: Tensor, x0: Tensor) -> Tensor:
        return sigma(t) * gradient(log_weight, x, t)

    return shift_prediction(denoiser, direction, scale, interval)


def rms_normalise(g: Tensor, least: Tensor | float = 0.0) -> Tensor:
    """g (B, ...) with each row scaled to a root mean square of 1. A row with a norm below `least`
    is scaled as if its norm were `least`, so that a vanishing g has no effect."""
    norm = torch.linalg.vector_norm(g.flatten(1), dim=1).view(-1, *[1] * (g.ndim - 1))
    tiny = torch.finfo(g.dtype).tiny
    divisor = norm.clamp_min(tiny).maximum(torch.as_tensor(least, dtype=g.dtype))
    return g[0].numel() ** 0.5 * g / divisor
