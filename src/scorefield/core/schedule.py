"""Noise schedules: x_t = alpha(t) x_0 + sigma(t) z, from data at t = 0 to noise at t = 1."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log, pi

import torch
from torch import Tensor


@dataclass(frozen=True)
class Schedule:
    """A pair of scale functions of the time t in [0, 1]; alpha / sigma falls monotonically."""

    alpha: Callable[[Tensor], Tensor]
    sigma: Callable[[Tensor], Tensor]

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """(alpha(t), sigma(t)), both of t's shape and type."""
        return self.alpha(t), self.sigma(t)


def cosine() -> Schedule:
    """alpha = cos(pi t / 2), sigma = sin(pi t / 2) (Nichol and Dhariwal 2021, without offset)."""
    return Schedule(lambda t: torch.cos(t * pi / 2), lambda t: torch.sin(t * pi / 2))


def linear() -> Schedule:
    """alpha = 1 - t, sigma = t: the straight path of flow matching (Lipman et al. 2023)."""
    return Schedule(lambda t: 1 - t, lambda t: t)


STEPS, BETA_FIRST, BETA_LAST = 1000, 1e-4, 0.02


def ddpm() -> Schedule:
    """DDPM's linear betas on 1,000 steps (Ho et al. 2020), continuous in t.

    At t = k / 1000 it equals the table after k steps: alpha^2 = (1 - beta_1) ... (1 - beta_k).
    Between the nodes the product is continued by the gamma function, so it is smooth.
    """
    slope = (BETA_LAST - BETA_FIRST) / (STEPS - 1)
    top = (1 - BETA_FIRST) / slope + 1

    def log_alpha_bar(t: Tensor) -> Tensor:
        k = STEPS * t.double()
        whole = torch.lgamma(torch.tensor(top, dtype=torch.float64, device=t.device))
        return k * log(slope) + whole - torch.lgamma(top - k)

    return Schedule(
        lambda t: (log_alpha_bar(t) / 2).exp().to(t.dtype),
        lambda t: (-torch.expm1(log_alpha_bar(t))).clamp_min(0).sqrt().to(t.dtype),
    )


def time_at(schedule: Schedule, noise: Tensor | float, signal: Tensor | float = 1.0) -> Tensor:
    """The time with sigma / alpha = noise / signal, by bisection, of their shape; in float64 where
    they are numbers."""
    noise = noise if isinstance(noise, Tensor) else torch.tensor(noise, dtype=torch.float64)
    low, high = torch.zeros_like(noise), torch.ones_like(noise)
    for _ in range(60):
        middle = (low + high) / 2
        alpha, sigma = schedule(middle)
        above = sigma * signal > noise * alpha
        low, high = torch.where(above, low, middle), torch.where(above, middle, high)
    return (low + high) / 2


def times(steps: int, start: float = 1.0) -> Tensor:
    """The grid of a sampler: steps + 1 equidistant times from start to 0, in float64."""
    return torch.linspace(start, 0, steps + 1, dtype=torch.float64)
