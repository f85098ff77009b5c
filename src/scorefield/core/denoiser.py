"""The denoiser, the interface that all methods share, and quantities computed from it.

A denoiser is anything with `schedule`, `draws` and a call (x, t) -> x_0: its posterior mean, or
where `draws` is true a draw from the posterior. x is (B, ...), t a number, (), (B,) or
(B, 1, ..., 1). Guidance, averages and counters take a denoiser and return one, so they compose.
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
from scorefield.core.hardware import sent
from scorefield.core.noise import Randn
from scorefield.core.schedule import Schedule, aligned

Function = Callable[[Tensor, Tensor], Tensor]  # (x, t) -> x_0, t in a shape of `aligned`


@runtime_checkable
class Denoiser(Protocol):
    """Anything with a schedule that maps (x_t, t) to x_0: x_t and x_0 (B, ...), t a number or of
    shape (), (B,) or (B, 1, ..., 1)."""

    @property
    def schedule(self) -> Schedule: ...

    @property
    def draws(self) -> bool: ...

    def __call__(self, x: Tensor, t: Tensor | float, /) -> Tensor: ...


@runtime_checkable
class Bindable(Denoiser, Protocol):
    """A denoiser that needs noise or a condition: `bind` sets them for a chunk of samples."""

    def bind(self, chunk: "Chunk", /) -> Denoiser: ...


@runtime_checkable
class Jumping(Denoiser, Protocol):
    """A denoiser that may know average velocities. Where `jumps` is true, a call with `until` = s
    returns the x_0 with which a deterministic step from t to s follows the flow exactly; without
    it, the posterior mean."""

    @property
    def jumps(self) -> bool: ...

    def __call__(
        self, x: Tensor, t: Tensor | float, /, *, until: Tensor | float | None = None
    ) -> Tensor: ...


@dataclass(frozen=True)
class Chunk:
    """Samples that are drawn together: their source of noise, and the condition of each (a label,
    an image), (B, ...)."""

    randn: Randn = torch.randn_like
    condition: Tensor | None = None

    def bind(self, *denoisers: Denoiser) -> tuple[Denoiser, ...]:
        """The denoisers, bound to this chunk; one that is given twice is bound once."""
        bound: dict[int, Denoiser] = {}
        for each in denoisers:
            if id(each) not in bound:
                bound[id(each)] = each.bind(self) if isinstance(each, Bindable) else each
        return tuple(bound[id(each)] for each in denoisers)


@dataclass(frozen=True, eq=False)
class Plain:
    """A function (x, t) -> x_0 as a denoiser; it gets t as () or (B, 1, ..., 1). `shape` is that of
    one sample, where it is known."""

    function: Function
    schedule: Schedule
    draws: bool = False
    shape: tuple[int, ...] | None = None

    def __call__(self, x: Tensor, t: Tensor | float) -> Tensor:
        return self.function(x, aligned(t, x))


@dataclass(frozen=True, eq=False)
class Derived:
    """A denoiser made from others. It has the schedule of `base`, the one it comes from; `make`
    returns the function (x, t) -> x_0 for a chunk, which also takes `until` if `jumps`. A call
    without a chunk uses fresh noise."""

    base: Denoiser
    make: Callable[[Chunk], Callable[..., Tensor]]
    draws: bool
    jumps: bool = False

    @property
    def schedule(self) -> Schedule:
        return self.base.schedule

    def bind(self, chunk: Chunk) -> "Derived":
        function = self.make(chunk)
        return replace(self, make=lambda _: function)

    @cached_property
    def _unbound(self) -> Callable[..., Tensor]:
        return self.make(Chunk())

    def __call__(
        self, x: Tensor, t: Tensor | float, *, until: Tensor | float | None = None
    ) -> Tensor:
        t = aligned(t, x)
        return self._unbound(x, t) if until is None else self._unbound(x, t, until=until)


def derived(
    denoiser: Denoiser,
    make: Callable[[Chunk], Callable[..., Tensor]],
    draws: bool | None = None,
    jumps: bool = False,
) -> Derived:
    """A denoiser with the schedule of another one, and with its `draws` where none is given;
    `make(chunk)` returns the function (x, t) -> x_0, which also takes `until` if `jumps`."""
    return Derived(origin(denoiser), make, denoiser.draws if draws is None else draws, jumps)


def origin(denoiser: Denoiser) -> Denoiser:
    """The model or function that a denoiser was made from."""
    return denoiser.base if isinstance(denoiser, Derived) else denoiser


@dataclass
class Counter:
    """The number of evaluations on a batch."""

    calls: int = 0


def counted(denoiser: Denoiser, counter: Counter) -> Denoiser:
    """The same denoiser; `counter` counts its calls."""

    def make(chunk: Chunk) -> Function:
        (inner,) = chunk.bind(denoiser)

        def count(x: Tensor, t: Tensor, until: Tensor | None = None) -> Tensor:
            counter.calls += 1
            return x0_until(inner, x, t, until)

        return count

    return derived(denoiser, make, jumps=jumps(denoiser))


def jumps(denoiser: Denoiser) -> bool:
    """Whether a denoiser knows average velocities."""
    return isinstance(denoiser, Jumping) and denoiser.jumps


def x0_until(denoiser: Denoiser, x: Tensor, t: Tensor, s: Tensor | None) -> Tensor:
    """x_0 at (x, t) for a deterministic step to s; the plain x_0 where s is None, and of a denoiser
    that does not jump."""
    if s is not None and isinstance(denoiser, Jumping) and denoiser.jumps:
        return denoiser(x, t, until=s)
    return denoiser(x, t)


def needs_mean(denoiser: Denoiser, who: str) -> None:
    """Raise InputError for a denoiser that draws x_0 where its posterior mean is needed."""
    if denoiser.draws:
        raise InputError(
            f"{who} needs the posterior mean, but this model draws from the posterior; "
            "`guidance: mean` averages its draws"
        )


def posterior_mean(denoiser: Denoiser, draws: int = 16) -> Denoiser:
    """The posterior mean of a denoiser that draws, as the average over fixed quasi-random noise.

    The noise is a scrambled Sobol sequence (Owen 1998), the same for every sample and call, so that
    the mean is a smooth function of x. A call costs `draws` evaluations. A denoiser that does not
    draw is returned as it is.
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
                (one,) = replace(chunk, randn=constant_noise(xi)).bind(denoiser)
                total = total + one(x, t)
            return total / draws

        return mean

    return derived(denoiser, make, draws=False)


def constant_noise(xi: Tensor) -> Randn:
    """A source of noise that returns the same values (1, ...) for every row."""

    def randn(like: Tensor) -> Tensor:
        return sent(xi.to(like.dtype), like.device).expand_as(like)

    return randn


def noise(denoiser: Denoiser, x: Tensor, t: Tensor | float) -> Tensor:
    """The predicted noise z in x_t = alpha x_0 + sigma z, of the shape of x (B, ...); needs
    sigma(t) > 0."""
    needs_mean(denoiser, "a score")
    alpha, sigma = denoiser.schedule.at(t, x)
    return (x - alpha * denoiser(x, t)) / sigma


def score(denoiser: Denoiser, x: Tensor, t: Tensor | float) -> Tensor:
    """The gradient of log p_t at x (B, ...), of its shape, by Tweedie's formula; needs
    sigma(t) > 0."""
    _, sigma = denoiser.schedule.at(t, x)
    return -noise(denoiser, x, t) / sigma


def velocity(denoiser: Denoiser, x: Tensor, t: Tensor | float) -> Tensor:
    """dx/dt of the probability-flow ODE (Song et al. 2021) at x (B, ...), of its shape:
    alpha' x_0 + sigma' z."""
    needs_mean(denoiser, "a velocity")
    t = aligned(t, x)
    levels, slopes = jvp(denoiser.schedule, (t,), (torch.ones_like(t),))[:2]
    (alpha, sigma), (dalpha, dsigma) = levels, slopes
    x0 = denoiser(x, t)
    return dalpha * x0 + dsigma * (x - alpha * x0) / sigma


def slope(denoiser: Denoiser, x: Tensor, t: Tensor, v: Tensor, h: Tensor | float) -> Tensor:
    """The derivative of x_0 in x_t along v, of x's shape, by central differences of width 2 h."""
    return (denoiser(x + h * v, t) - denoiser(x - h * v, t)) / (2 * h)
