"""Coordinates of a path in which the action is about equally curved in every direction."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dst

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Coordinates c of the inner nodes of a path of `nodes` steps, relative to a first path: sine
    waves along it, each divided by the root of its curvature in the action of a Gaussian score
    field of the standard deviation sigma, for steps of the time `dt`.

    The curvature of wave k is (2 - 2 cos(pi k / N)) / dt + dt / sigma^4 (H1).
    """

    nodes: int
    dt: float
    sigma: float

    @cached_property
    def weight(self) -> Vector:
        """One over the root of the curvature, (N - 1, 1)."""
        wave = (2 - 2 * np.cos(np.pi * np.arange(1, self.nodes) / self.nodes)) / self.dt
        found: Vector = (wave[:, None] + self.dt / self.sigma**4) ** -0.5
        return found

    def shift(self, c: Vector) -> Vector:
        """The displacement of the inner nodes, (N - 1, d)."""
        found: Vector = dst(
            self.weight * c.reshape(self.nodes - 1, -1), type=1, norm="ortho", axis=0
        )
        return found

    def pull(self, slope: Vector) -> Vector:
        """The gradient in c, of a gradient at the inner nodes (N - 1, d): the transpose of
        `shift`."""
        found: Vector = (self.weight * dst(slope, type=1, norm="ortho", axis=0)).ravel()
        return found
