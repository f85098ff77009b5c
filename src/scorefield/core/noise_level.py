"""A denoiser at one noise level: a score field, on which paths are found."""

from dataclasses import dataclass, replace
from functools import cached_property, partial

import torch
from torch import Tensor

from scorefield.core.action import Field
from scorefield.core.denoiser import Chunk, Denoiser, Function, derived, needs_mean, origin, score
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.schedule import time_at

STILL = 1e-4  # the step, in units of typical noise, that ends the way of a point to its mode


@dataclass(frozen=True, eq=False)
class NoiseLevel:
    """A denoiser at the noise level sigma / alpha = `noise`, as the score field grad log p_t.

    Raises InputError for a noise level that is not above 0, and for a denoiser that draws.
    """

    denoiser: Denoiser
    noise: float

    def __post_init__(self) -> None:
        needs_mean(self.denoiser, "a path")
        if not self.noise > 0:
            raise InputError(f"levels: a path needs a noise level above 0, found {self.noise:g}")

    @cached_property
    def t(self) -> Tensor:
        """The time that has this noise level, ()."""
        return time_at(self.denoiser.schedule, self.noise)

    @property
    def alpha(self) -> float:
        """The scale of the data in x_t = alpha x_0 + sigma z."""
        return self.denoiser.schedule.alpha(self.t).item()

    @property
    def sigma(self) -> float:
        """The scale of the noise in x_t = alpha x_0 + sigma z."""
        return self.denoiser.schedule.sigma(self.t).item()

    def field(self) -> Field:
        """Points (B, ...) to the score at them, of their shape."""
        return partial(score, self.denoiser, t=self.t)

    @torch.no_grad()
    def clean(self, path: Tensor) -> Tensor:
        """What the denoiser sees in the nodes of a path (N + 1, ...), of its shape."""
        return self.denoiser(path, self.t)

    @torch.no_grad()
    def relaxed(self, x: Tensor, steps: int) -> Tensor:
        """x (...) on its way uphill to a mode of p_t, by so many steps of mean shift at most:
        x <- alpha D(x)."""
        for _ in range(steps):
            moved = self.alpha * self.denoiser(x[None], self.t)[0]
            if (moved - x).norm() < STILL * self.sigma * x.numel() ** 0.5:
                return moved
            x = moved
        return x


def in_double(denoiser: Denoiser, otherwise: torch.dtype = torch.float64) -> Denoiser:
    """A denoiser of float64 points whose network calculates in the type of its own weights, so that
    only the network rounds; a denoiser that is no network calculates in the type `otherwise`."""
    base = origin(denoiser)
    own = otherwise
    if isinstance(base, Model):
        own = next((weight.dtype for weight in base.parameters()), torch.float64)

    def make(chunk: Chunk) -> Function:
        (inner,) = chunk.bind(denoiser)

        def cast(x: Tensor, t: Tensor) -> Tensor:
            return inner(x.to(own), t).to(x.dtype)

        return cast

    return derived(denoiser, make)


def with_fixed_noise(denoiser: Denoiser, seed: int = 0) -> Denoiser:
    """A denoiser whose guidance draws the same noise at every call and for every row, so that x_0
    is one function of x and t."""

    def make(chunk: Chunk) -> Function:
        def fixed(x: Tensor, t: Tensor) -> Tensor:
            one = streams(seed, range(1))
            same = replace(chunk, randn=lambda like: one(like[:1]).expand_as(like))
            (inner,) = same.bind(denoiser)
            return inner(x, t)

        return fixed

    return derived(denoiser, make)
