"""Noise schedules: x_t = alpha(t) x_0 + sigma(t) z, from data at t = 0 to noise at t = 1."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log, pi

import torch
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.core.hardware import in_double, sent
from scorefield.core.noise import Randn, streams

Scale = Callable[[Tensor], Tensor]


def aligned(t: Tensor | float, x: Tensor) -> Tensor:
    """Times of rows x (B, ...) in a shape that broadcasts, () or (B, 1, ..., 1), in the type of x.

    t is a number, (), (B,) or (B, 1, ..., 1). Times of rows are on the device of x. One time for
    all may stay on the CPU, where it costs no copy: PyTorch takes it beside x, and what depends on
    it alone is known without waiting for a GPU. Raises InputError for any other shape. All code
    that takes times calls this function.
    """
    t = t.to(x.dtype) if isinstance(t, Tensor) else torch.tensor(t, dtype=x.dtype)
    if t.numel() == 1:
        return t.reshape(()) if t.device.type == "cpu" else sent(t.reshape(()), x.device)
    t = sent(t, x.device)
    if t.numel() != len(x) or len(t) != len(x):
        raise InputError(
            f"t: expected one time, or one for each of the {len(x)} rows; found shape {[*t.shape]}"
        )
    return t.reshape(-1, *[1] * (x.ndim - 1))


@dataclass(frozen=True)
class Schedule:
    """A pair of scale functions of the time t in [0, 1], of any shape (...), which is theirs;
    alpha / sigma falls monotonically."""

    alpha: Scale
    sigma: Scale

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """(alpha(t), sigma(t)), both with the shape and type of t."""
        return self.alpha(t), self.sigma(t)

    def at(self, t: Tensor | float, x: Tensor) -> tuple[Tensor, Tensor]:
        """(alpha(t), sigma(t)) that broadcast over rows x (B, ...); t as in `aligned`."""
        return self(aligned(t, x))

    def add_noise(
        self,
        x: Tensor,
        t: Tensor | float,
        randn: Randn = torch.randn_like,
        *,
        seed: int | None = None,
    ) -> Tensor:
        """x_t = alpha x + sigma z of rows x (B, ...), of x's shape; t as in `aligned`.

        z comes from `randn`; with `seed`, each row has its own stream.
        """
        alpha, sigma = self.at(t, x)
        source = randn if seed is None else streams(seed, range(len(x)))
        return alpha * x + sigma * source(x)


def cosine() -> Schedule:
    """alpha = cos(pi t / 2), sigma = sin(pi t / 2) (Nichol and Dhariwal 2021, without offset)."""
    return Schedule(lambda t: torch.cos(t * pi / 2), lambda t: torch.sin(t * pi / 2))


def linear() -> Schedule:
    """alpha = 1 - t, sigma = t: the straight path of flow matching (Lipman et al. 2023)."""
    return Schedule(lambda t: 1 - t, lambda t: t)


STEPS, BETA_FIRST, BETA_LAST = 1000, 1e-4, 0.02
SLOWER = 10  # instead of STEPS, for networks whose derivative in time is a part of the loss


def ddpm() -> Schedule:
    """DDPM's linear betas on 1,000 steps (Ho et al. 2020), continuous in t.

    At t = k / 1000 it equals the discrete table: alpha^2 = (1 - beta_1) ... (1 - beta_k). Between
    these times the gamma function interpolates the product smoothly.
    """
    slope = (BETA_LAST - BETA_FIRST) / (STEPS - 1)
    top = (1 - BETA_FIRST) / slope + 1
    whole = torch.lgamma(torch.tensor(top, dtype=torch.float64))

    def log_alpha_bar(t: Tensor) -> Tensor:
        k = STEPS * in_double(t)
        return k * log(slope) + whole - torch.lgamma(top - k)

    def alpha(t: Tensor) -> Tensor:
        return (log_alpha_bar(t) / 2).exp().to(t)

    def sigma(t: Tensor) -> Tensor:
        return (-torch.expm1(log_alpha_bar(t))).clamp_min(0).sqrt().to(t)

    return Schedule(alpha, sigma)


def _unknown(t: Tensor) -> Tensor:
    raise InputError("schedule: own is for net: pretrained, which has noise levels of its own")


OWN = Schedule(_unknown, _unknown)  # stands for that of a pretrained network


def own() -> Schedule:
    """Stands for the schedule that a pretrained network comes with."""
    return OWN


SCHEDULES = {"cosine": cosine, "linear": linear, "ddpm": ddpm, "own": own}


def named(name: str) -> Schedule:
    """A schedule by name. Raises InputError for an unknown one."""
    if name not in SCHEDULES:
        raise InputError(f"schedule: expected one of {', '.join(SCHEDULES)}, found '{name}'")
    return SCHEDULES[name]()


def time_at(schedule: Schedule, noise: Tensor | float, signal: Tensor | float = 1.0) -> Tensor:
    """The time at which sigma / alpha = noise / signal, by bisection; of their shape (...), in
    float64 for numbers."""
    noise = noise if isinstance(noise, Tensor) else torch.tensor(noise, dtype=torch.float64)
    low, high = torch.zeros_like(noise), torch.ones_like(noise)
    for _ in range(60):
        middle = (low + high) / 2
        alpha, sigma = schedule(middle)
        above = sigma * signal > noise * alpha
        low, high = torch.where(above, low, middle), torch.where(above, middle, high)
    return (low + high) / 2


def times(steps: int, start: float = 1.0) -> Tensor:
    """The time grid of a sampler: equidistant times (steps + 1,) from start to 0, in float64."""
    return torch.linspace(start, 0, steps + 1, dtype=torch.float64)
