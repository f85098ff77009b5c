"""Estimators of a log density ratio, and a counter of their evaluations."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from scorefield.core.denoiser import Counter
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.schedule import Schedule


@runtime_checkable
class LogRatio(Protocol):
    """Anything that estimates a log density ratio T of pairs (x_i, y_i), (B,), at times t (B,) of x
    and s (B,) of y. `condition` says which y it takes: clean, or same_t (noised to the time of x).
    """

    @property
    def schedule(self) -> Schedule: ...

    @property
    def condition(self) -> str: ...

    def __call__(self, x: Tensor, t: Tensor, y: Tensor, s: Tensor, /) -> Tensor: ...


def log_ratio_of(guide: LogRatio | Model) -> LogRatio:
    """The log ratio of a guide. Raises InputError for a model that estimates none."""
    found = guide.net if isinstance(guide, Model) else guide
    if not isinstance(found, LogRatio):
        raise InputError("guide: ratio guidance needs a model that estimates a density ratio")
    return found


@dataclass(frozen=True)
class Around:
    """A log ratio around an `inner` one, with its schedule and condition."""

    inner: LogRatio

    @property
    def schedule(self) -> Schedule:
        return self.inner.schedule

    @property
    def condition(self) -> str:
        return self.inner.condition


@dataclass(frozen=True)
class CountedRatio(Around):
    """A log ratio; `counter` counts its evaluations."""

    counter: Counter

    def __call__(self, x: Tensor, t: Tensor, y: Tensor, s: Tensor) -> Tensor:
        self.counter.calls += 1
        return self.inner(x, t, y, s)


def counted_ratio(guide: LogRatio | Model, counter: Counter) -> LogRatio:
    """The log ratio of a guide; `counter` counts its evaluations."""
    return CountedRatio(log_ratio_of(guide), counter)


@dataclass(frozen=True)
class Swapped(Around):
    """log r of x and y in each other's place: x are the rotated images, y the others.

    For pairs of images whose y is x rotated clockwise by so many quarter `turns`, log r(x, y) is
    exactly the `inner` log ratio of x rotated back and of y rotated: (x, y) has the law of pairs if
    and only if (x rotated back, y rotated) has it, by class or by instance, and noise has no
    direction.
    So x can be noised though the inner ratio takes clean y.
    """

    turns: int

    def __call__(self, x: Tensor, t: Tensor, y: Tensor, s: Tensor) -> Tensor:
        back, rotated = x.rot90(self.turns, (2, 3)), y.rot90(-self.turns, (2, 3))
        return self.inner(back, t, rotated, s)
