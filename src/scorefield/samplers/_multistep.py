"""Linear multistep methods on the probability-flow ODE, with the posterior mean as the integrand.

With the noise level sigma / alpha as a clock, x_s = sigma_s / sigma_t x_t + an integral of x_0 over
the levels between t and s, exactly. A rule replaces x_0 by a polynomial through known values.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser
from scorefield.core.schedule import Schedule

# (schedule, times (K,) of known x_0, t, s) -> the coefficients (K,) of these x_0 in x_s
Rule = Callable[[Schedule, Tensor, Tensor, Tensor], Tensor]
Known = list[tuple[Tensor, Tensor]]  # times and the x_0 computed there, the latest last
SMALLEST = 1e-16  # keeps log(alpha / sigma) finite where alpha is 0


@torch.no_grad()
def multistep(
    denoiser: Denoiser,
    x: Tensor,
    times: Tensor,
    rule: Rule,
    orders: list[int],
    corrected: bool = False,
) -> Iterator[Tensor]:
    """Yields x (B, ...) after each step, without gradients; one network call a step.

    Step i uses the latest orders[i] values of x_0, of which there are i + 1. If `corrected`, the
    value computed where a step ended is used to take that step again before the next one; the
    network is not called again.
    """
    known: Known = []
    start, before = x, times[0]
    for i, (t, s) in enumerate(pairwise(times)):
        found = (t, denoiser(x, t))
        if corrected and i > 0:
            used = known[-orders[i - 1] :]
            x = step(denoiser.schedule, start, before, t, [*used, found], rule)
        known = [*known, found][-max(orders) :]
        start, before = x, t
        x = step(denoiser.schedule, x, t, s, known[-orders[i] :], rule)
        yield x


def step(schedule: Schedule, x: Tensor, t: Tensor, s: Tensor, known: Known, rule: Rule) -> Tensor:
    """x_s from x_t and the known x_0, of x's shape."""
    coefficients = rule(schedule, torch.stack([time for time, _ in known]), t, s)
    x_s = schedule.sigma(s) / schedule.sigma(t) * x
    for coefficient, (_, x0) in zip(coefficients, known, strict=True):
        x_s = x_s + coefficient * x0
    return x_s


def rising(order: int, steps: int) -> list[int]:
    """The orders of the steps: as high as the number of known values allows."""
    return [min(order, i + 1) for i in range(steps)]


def falling(order: int, schedule: Schedule, times: Tensor) -> list[int]:
    """The same for `log_snr`: where the times end at sigma = 0, no higher at last than the number
    of steps left, because of polynomials in log(alpha / sigma) only a constant has an integral up
    to there."""
    orders = rising(order, len(times) - 1)
    if schedule.sigma(times[-1]) > 0:
        return orders
    return [min(each, len(orders) - i) for i, each in enumerate(orders)]


def log_snr(schedule: Schedule, times: Tensor, t: Tensor, s: Tensor) -> Tensor:
    """The rule of a polynomial in u = log(alpha / sigma), which is 0 at t and 1 at s.

    Two values are interpolated at the middle u = 1 / 2, as DPM-Solver++(2M) and UniPC with B(h) =
    e^h - 1 do; more are integrated exactly.
    """
    here, there = log_ratio(schedule, t), log_ratio(schedule, s)
    h = there - here
    u = (log_ratio(schedule, times) - here) / h
    moments = [-torch.expm1(-h)]  # of u^j exp(h (u - 1)) h on [0, 1]
    for j in range(1, len(times)):
        moments.append(1 - j / h * moments[-1] if len(times) > 2 else moments[0] / 2)
    powers = u ** torch.arange(len(times), device=u.device)[:, None]
    return schedule.alpha(s) * torch.linalg.solve(powers, torch.stack(moments))


def log_ratio(schedule: Schedule, t: Tensor) -> Tensor:
    """log(alpha / sigma), of t's shape; infinite at sigma = 0."""
    alpha, sigma = schedule(t)
    return alpha.clamp_min(SMALLEST).log() - sigma.log()
