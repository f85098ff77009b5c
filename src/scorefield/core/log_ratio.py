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
class CountedRatio:
    """A log ratio; `counter` counts its evaluations."""

    inner: LogRatio
    counter: Counter

    @property
    def schedule(self) -> Schedule:
        return self.inner.schedule

    @property
    def condition(self) -> str:
        return self.inner.condition

    def __call__(self, x: Tensor, t: Tensor, y: Tensor, s: Tensor) -> Tensor:
        self.counter.calls += 1
        return self.inner(x, t, y, s)


def counted_ratio(guide: LogRatio | Model, counter: Counter) -> LogRatio:
    """The log ratio of a guide; `counter` counts its evaluations."""
    return CountedRatio(log_ratio_of(guide), counter)
