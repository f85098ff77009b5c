"""Averages of weights over a training whose profile is a power of the step.

Two of them, kept now and then, give any other width after the training, by least squares (Karras et
al. 2024, arXiv 2312.02696, section 3 and appendix C).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from scorefield.core.errors import InputError

KEPT = (0.05, 0.10)  # the widths of the two averages
WIDEST = 1 / sqrt(12)  # the width of a plain mean over all steps
Profile = NDArray[np.float64]


@dataclass(frozen=True)
class Snapshot:
    """An average of some width as it was after a step."""

    step: int
    width: float


def exponent(width: float) -> float:
    """gamma of the profile step^gamma whose standard deviation is `width` times the length of the
    training (equation 126). Raises InputError for a width that no power has."""
    if not 0 < width <= WIDEST:
        raise InputError(
            f"width: expected a number above 0 and at most {WIDEST:.3f}, found {width}"
        )
    square = width**-2
    roots = np.roots([1, 7, 16 - square, 12 - square])
    return max(0.0, float(roots[np.isreal(roots)].real.max()))


def decay(step: int, gamma: float) -> float:
    """The share of itself that an average keeps in a step, counted from 1 (equation 127)."""
    return float((1 - 1 / step) ** (gamma + 1))


def profile(snapshot: Snapshot, steps: int) -> Profile:
    """The weight in a snapshot of the network after each of so many steps, (steps,)."""
    edges = np.arange(steps + 1).clip(max=snapshot.step) / snapshot.step
    found: Profile = np.diff(edges ** (exponent(snapshot.width) + 1))
    return found


def mixture(kept: Sequence[Snapshot], wanted: Snapshot) -> Profile:
    """The coefficients (K,) of snapshots whose sum has the profile nearest to the wanted one, in
    least squares over steps."""
    basis = np.stack([profile(each, wanted.step) for each in kept], 1)
    found = np.linalg.lstsq(basis, profile(wanted, wanted.step), rcond=None)[0]
    return np.asarray(found, np.float64)
