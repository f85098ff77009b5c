"""A denoiser at one noise level, as a score field for paths."""

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

TOLERANCE = 1e-4  # mean shift stops at steps below this, in units of sigma sqrt(d)


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
        """The time of this noise level, ()."""
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
        """The function from points (B, ...) to the score at them, of the same shape."""
        return partial(score, self.denoiser, t=self.t)

    @torch.no_grad()
    def clean(self, path: Tensor) -> Tensor:
        """The denoised nodes of a path (N + 1, ...), of its shape."""
        return self.denoiser(path, self.t)

    @torch.no_grad()
    def relaxed(self, x: Tensor, steps: int) -> Tensor:
        """x (...) after at most `steps` steps of mean shift, x <- alpha D(x), towards a mode of
        p_t."""
        for _ in range(steps):
            moved = self.alpha * self.denoiser(x[None], self.t)[0]
            if (moved - x).norm() < TOLERANCE * self.sigma * x.numel() ** 0.5:
                return moved
            x = moved
        return x


def in_double(denoiser: Denoiser, otherwise: torch.dtype = torch.float64) -> Denoiser:
    """A denoiser of float64 points whose network computes in the type of its weights, so that only
    the network rounds; a denoiser without a network computes in the type `otherwise`."""
    base = origin(denoiser)
    dtype = otherwise
    if isinstance(base, Model):
        dtype = next((weight.dtype for weight in base.parameters()), torch.float64)

    def make(chunk: Chunk) -> Function:
        (inner,) = chunk.bind(denoiser)

        def cast(x: Tensor, t: Tensor) -> Tensor:
            return inner(x.to(dtype), t).to(x.dtype)

        return cast

    return derived(denoiser, make)


def with_fixed_noise(denoiser: Denoiser, seed: int = 0) -> Denoiser:
    """A denoiser with the same noise at every call and for every row, so that x_0 is a function of
    x and t alone."""

    def make(chunk: Chunk) -> Function:
        def fixed(x: Tensor, t: Tensor) -> Tensor:
            stream = streams(seed, range(1))

            def same(like: Tensor) -> Tensor:
                return stream(like[:1]).expand_as(like)

            (inner,) = replace(chunk, randn=same).bind(denoiser)
            return inner(x, t)

        return fixed

    return derived(denoiser, make)
