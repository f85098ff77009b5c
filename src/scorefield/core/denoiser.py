"""The denoiser, the one currency of this library, and what is read off it.

A denoiser is anything with `schedule`, `draws` and a call (x, t) -> x_0: its posterior mean, or
where `draws` is true a draw from the posterior. x is (B, ...), t a number, (), (B,) or
(B, 1, ..., 1). What takes a denoiser returns one, so that guidance, averages and counts compose.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.func import jvp

from scorefield.core.errors import InputError
from scorefield.core.noise import Randn
from scorefield.core.schedule import Schedule, aligned

Function = Callable[[Tensor, Tensor], Tensor]  # (x, t) -> x_0, t as `aligned` leaves it


@runtime_checkable
class Denoiser(Protocol):
    """Anything with a schedule that estimates x_0 from x_t."""

    @property
    def schedule(self) -> Schedule: ...

    @property
    def draws(self) -> bool: ...

    def __call__(self, x: Tensor, t: Tensor | float, /) -> Tensor: ...


@runtime_checkable
class Bindable(Denoiser, Protocol):
    """A denoiser that takes noise or a condition, once for all calls on a chunk of samples."""

    def bind(self, chunk: "Chunk", /) -> Denoiser: ...


@dataclass(frozen=True)
class Chunk:
    """What belongs to samples that are drawn together: their source of noise, and what each of
    them is to match (labels, images), (B, ...)."""

    randn: Randn = torch.randn_like
    condition: Tensor | None = None

    def bind(self, *denoisers: Denoiser) -> tuple[Denoiser, ...]:
        """The denoisers of this chunk; the same one twice is bound once."""
        different = {id(d): d for d in denoisers}
        made = {i: d.bind(self) if isinstance(d, Bindable) else d for i, d in different.items()}
        return tuple(made[id(d)] for d in denoisers)


@dataclass(frozen=True, eq=False)
class Plain:
    """A function (x, t) -> x_0 as a denoiser; t reaches it as () or (B, 1, ..., 1). `shape` is that
    of one sample, where it is known."""

    function: Function
    schedule: Schedule
    draws: bool = False
    shape: tuple[int, ...] | None = None

    def __call__(self, x: Tensor, t: Tensor | float) -> Tensor:
        return self.function(x, aligned(t, x))


@dataclass(frozen=True, eq=False)
class Derived:
    """A denoiser made of others. `base` is the one it comes from, whose schedule it keeps; `make`
    gives the function (x, t) -> x_0 of a chunk. A call without a chunk uses fresh noise."""

    base: Denoiser
    make: Callable[[Chunk], Function]
    draws: bool

    @property
    def schedule(self) -> Schedule:
        return self.base.schedule

    def bind(self, chunk: Chunk) -> "Derived":
        function = self.make(chunk)
        return replace(self, make=lambda _: function)

    @cached_property
    def _unbound(self) -> Function:
        return self.make(Chunk())

    def __call__(self, x: Tensor, t: Tensor | float) -> Tensor:
        return self._unbound(x, aligned(t, x))


def derived(
    denoiser: Denoiser, make: Callable[[Chunk], Function], draws: bool | None = None
) -> Derived:
    """A denoiser that keeps the schedule, and if `draws` is not given whether it draws, of
    another; `make(chunk)` returns its function (x, t) -> x_0."""
    return Derived(origin(denoiser), make, denoiser.draws if draws is None else draws)


def origin(denoiser: Denoiser) -> Denoiser:
    """The model or function that a denoiser was made from."""
    return denoiser.base if isinstance(denoiser, Derived) else denoiser


@dataclass
class Counter:
    """How often something was evaluated on a batch."""

    calls: int = 0


def counted(denoiser: Denoiser, counter: Counter) -> Denoiser:
    """The denoiser, whose calls are counted."""

    def make(chunk: Chunk) -> Function:
        (inner,) = chunk.bind(denoiser)

        def count(x: Tensor, t: Tensor) -> Tensor:
            counter.calls += 1
            return inner(x, t)

        return count

    return derived(denoiser, make)


def by_row(denoiser: Denoiser) -> Denoiser:
    """A denoiser of rows (B E, D) on the points (B, E, D) of E members; others as they are."""

    def make(chunk: Chunk) -> Function:
        (inner,) = chunk.bind(denoiser)

        def apart(x: Tensor, t: Tensor) -> Tensor:
            if x.ndim != 3:
                return inner(x, t)
            rows = t if t.ndim == 0 else t.expand(*x.shape[:2], 1).flatten(0, 1)
            return inner(x.flatten(0, 1), rows).view_as(x)

        return apart

    return derived(denoiser, make)


def needs_mean(denoiser: Denoiser, who: str) -> None:
    """Raise InputError for a denoiser that draws x_0 where its posterior mean is needed."""
    if denoiser.draws:
        raise InputError(
            f"{who} needs the posterior mean, but this model draws from the posterior; "
            "`guidance: mean` averages its draws"
        )


def posterior_mean(denoiser: Denoiser, draws: int = 16) -> Denoiser:
    """The posterior mean of a denoiser that draws, as the average over fixed quasi-random noise.

    The noise is a scrambled Sobol set (Owen 1998), the same for every sample and call, so that the
    mean is one smooth function of x; `draws` evaluations each. A denoiser that does not draw is its
    own mean.
    """
    if not denoiser.draws:
        return denoiser
    known: dict[tuple[int, ...], Tensor] = {}

    def noises(shape: tuple[int, ...]) -> Tensor:
        if shape not in known:
            sobol = torch.quasirandom.SobolEngine(prod(shape), scramble=True, seed=0)
            uniform = sobol.draw(draws, dtype=torch.float64).clamp(1e-9, 1 - 1e-9)
            known[shape] = torch.special.ndtri(uniform).view(draws, 1, *shape)
        return known[shape]

    def make(chunk: Chunk) -> Function:
        def mean(x: Tensor, t: Tensor) -> Tensor:
            total = torch.zeros_like(x)
            for xi in noises(tuple(x.shape[1:])):
                (one,) = replace(chunk, randn=always(xi)).bind(denoiser)
                total = total + one(x, t)
            return total / draws

        return mean

    return derived(denoiser, make, draws=False)


def always(xi: Tensor) -> Randn:
    """A source that gives every row the same values (1, ...)."""
    return lambda like: xi.to(like).expand_as(like)


def noise(denoiser: Denoiser, x: Tensor, t: Tensor | float) -> Tensor:
    """The z in x_t = alpha x_0 + sigma z, of x's shape; needs sigma(t) > 0."""
    needs_mean(denoiser, "a score")
    alpha, sigma = denoiser.schedule.at(t, x)
    return (x - alpha * denoiser(x, t)) / sigma


def score(denoiser: Denoiser, x: Tensor, t: Tensor | float) -> Tensor:
    """The gradient of log p_t at x, by Tweedie's formula; needs sigma(t) > 0."""
    _, sigma = denoiser.schedule.at(t, x)
    return -noise(denoiser, x, t) / sigma


def velocity(denoiser: Denoiser, x: Tensor, t: Tensor | float) -> Tensor:
    """dx/dt of the probability-flow ODE (Song et al. 2021): alpha' x_0 + sigma' z."""
    needs_mean(denoiser, "a velocity")
    t = aligned(t, x)
    levels, slopes = jvp(denoiser.schedule, (t,), (torch.ones_like(t),))[:2]
    (alpha, sigma), (dalpha, dsigma) = levels, slopes
    x0 = denoiser(x, t)
    return dalpha * x0 + dsigma * (x - alpha * x0) / sigma


def slope(denoiser: Denoiser, x: Tensor, t: Tensor, v: Tensor, h: Tensor | float) -> Tensor:
    """The derivative of x_0 in x_t along v, of x's shape, by central differences of width 2 h."""
    return (denoiser(x + h * v, t) - denoiser(x - h * v, t)) / (2 * h)
