"""What estimates a log ratio, and the count of its evaluations."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from scorefield.core.denoiser import Counter
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.schedule import Schedule


@runtime_checkable
class LogRatio(Protocol):
    """Anything that estimates a log ratio: T of pairs (x_i, y_i) at times t (B,) of x and s (B,) of
    y, shape (B,). `condition` says which y it knows: clean, or same_t (noised to the time of x)."""

    @property
    def schedule(self) -> Schedule: ...

    @property
    def condition(self) -> str: ...

    def __call__(self, x: Tensor, t: Tensor, y: Tensor, s: Tensor, /) -> Tensor: ...


def log_ratio_of(guide: LogRatio | Model) -> LogRatio:
    """The ratio of a guide. Raises InputError for a model that estimates none."""
    found = guide.net if isinstance(guide, Model) else guide
    if not isinstance(found, LogRatio):
        raise InputError("guide: ratio guidance needs a model that estimates a ratio")
    return found


@dataclass(frozen=True)
class CountedRatio:
    """A log ratio whose evaluations are counted."""

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
    """The log ratio of a guide, whose evaluations are counted."""
    return CountedRatio(log_ratio_of(guide), counter)
