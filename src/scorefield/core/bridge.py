"""The bridge p(x_s | x_0, x_t): one step from time t to s, for all samplers of first order."""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser, x0_until
from scorefield.core.noise import Randn
from scorefield.core.schedule import Schedule


def posterior_ratio(schedule: Schedule, t: Tensor, s: Tensor) -> Tensor:
    """r = alpha_t sigma_s / (alpha_s sigma_t): the correlation of noise at t and s under DDPM."""
    (alpha_t, sigma_t), (alpha_s, sigma_s) = schedule(t), schedule(s)
    return alpha_t * sigma_s / (alpha_s * sigma_t)


def bridge(
    schedule: Schedule, x: Tensor, x0: Tensor, t: Tensor, s: Tensor, rho: Tensor, randn: Randn
) -> Tensor:
    """x_s = alpha_s x_0 + sigma_s (rho z + sqrt(1 - rho^2) noise), where z is computed from (x_t,
    x_0).

    Every |rho| <= 1 keeps the marginal distribution: rho = 1 is DDIM, rho = posterior_ratio is DDPM
    (De Bortoli et al. 2025, eq. 4, for any schedule). Coefficients have the precision of t.
    """
    (alpha_t, sigma_t), (alpha_s, sigma_s) = schedule(t), schedule(s)
    from_x = sigma_s * rho / sigma_t
    fresh = sigma_s * (1 - rho**2).clamp_min(0).sqrt()
    mean = from_x * x + (alpha_s - alpha_t * from_x) * x0
    return mean + fresh * randn(x) if torch.any(fresh > 0) else mean


@torch.no_grad()
def walk(
    denoiser: Denoiser, x: Tensor, times: Tensor, randn: Randn, churn: float
) -> Iterator[Tensor]:
    """Bridge steps from times[0] to times[-1] with rho = 1 - churn^2 (1 - r): churn 0 is DDIM,
    churn 1 is DDPM's ancestral step. A denoiser that knows average velocities jumps in steps
    without churn. Yields x after every step, without gradients."""
    schedule = denoiser.schedule
    for t, s in pairwise(times):
        rho = 1 - churn**2 * (1 - posterior_ratio(schedule, t, s))
        x0 = x0_until(denoiser, x, t, None if churn else s)
        x = bridge(schedule, x, x0, t, s, rho, randn)
        yield x
