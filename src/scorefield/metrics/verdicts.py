"""Claims held against figures with 95 % intervals.

A claim says that an effect lies in a range. It is `confirmed` where the whole interval lies in the
range, `refuted` where the interval excludes the range or every effect that would matter, and
`underpowered` otherwise."""

import math
from dataclasses import dataclass

from scipy.stats import t as student
from torch import Tensor

from scorefield.core.errors import InputError

VERDICTS = CONFIRMED, REFUTED, UNDERPOWERED = "confirmed", "refuted", "underpowered"


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval, and the number of samples or pairs behind it."""

    effect: float
    low: float
    high: float
    n: int

    @property
    def half(self) -> float:
        """Half of the width of the interval."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Range:
    """Values above `least` and below `most`, and the effect from which on a claim of one side would
    matter: an interval that excludes it refutes the claim. Raises InputError for an empty range."""

    least: float = -math.inf
    most: float = math.inf
    matters: float | None = None

    def __post_init__(self) -> None:
        if self.least >= self.most or (self.least, self.most) == (-math.inf, math.inf):
            raise InputError("expected `above`, `below`, or `above` less than `below`")


def paired_estimate(gaps: Tensor) -> Estimate:
    """The mean of paired differences (N,) with its 95 % interval by Student's t. Raises InputError
    for less than two."""
    if len(gaps) < 2:
        raise InputError(f"expected two pairs or more, found {len(gaps)}")
    mean = gaps.mean().item()
    half = float(student.ppf(0.975, len(gaps) - 1)) * gaps.std().item() / math.sqrt(len(gaps))
    return Estimate(mean, mean - half, mean + half, len(gaps))


def verdict(claimed: Range, found: Estimate) -> str:
    """What the interval of an estimate says about a claim."""
    if claimed.least < found.low and found.high < claimed.most:
        return CONFIRMED
    floor = claimed.least if claimed.most < math.inf else matters_above(claimed)
    ceiling = claimed.most if claimed.least > -math.inf else matters_below(claimed)
    return REFUTED if found.high < floor or found.low > ceiling else UNDERPOWERED


def matters_above(claimed: Range) -> float:
    """The least effect above which a claim of one side would matter."""
    return claimed.least if claimed.matters is None else claimed.matters


def matters_below(claimed: Range) -> float:
    """The largest effect below which a claim of one side would matter."""
    return claimed.most if claimed.matters is None else claimed.matters


def needed_n(claimed: Range, found: Estimate) -> int | None:
    """The number of samples that would decide an undecided claim if the effect stays as it is and
    errors fall with the root of that number. None where it is decided, or no number would do."""
    if verdict(claimed, found) != UNDERPOWERED:
        return None
    edges = [edge for edge in (claimed.least, claimed.most) if math.isfinite(edge)]
    enough = min(abs(found.effect - edge) for edge in edges)
    if claimed.matters is not None:
        enough = max(enough, abs(found.effect - claimed.matters))
    return math.ceil(found.n * (found.half / enough) ** 2) if enough > 0 else None
