"""Coordinates of a path in which the action is about equally curved in every direction."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import dst
from torch import Tensor

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Axes:
    """Variances (d,) of data along orthonormal axes, the columns of `basis` (d, d)."""

    variance: Vector
    basis: Vector

    def scaled(self, alpha: float) -> "Axes":
        """Those of alpha times the data."""
        return Axes(alpha**2 * self.variance, self.basis)


def axes_of(examples: Tensor) -> Axes:
    """The principal axes of examples (n, ...)."""
    variance, basis = torch.linalg.eigh(torch.cov(examples.flatten(1).double().cpu().mT))
    return Axes(variance.clamp_min(0).numpy(), basis.numpy())


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Coordinates c of the inner nodes of a path of `nodes` steps, relative to a first path: sine
    waves in time, each divided by the root of its curvature in the action of a Gaussian score
    field.

    The Gaussian has the standard deviation sigma in all directions, or with `axes` of noise-free
    data along each axis that of the data with noise. The curvature of wave k is (2 - 2 cos(pi k /
    N)) / dt + theta^2 dt, with theta one over the variance (H1). `duration` is in units of sigma^2.
    """

    nodes: int
    duration: float
    sigma: float
    axes: Axes | None = None

    @property
    def time(self) -> float:
        """The duration in units of time."""
        return self.duration * self.sigma**2

    @cached_property
    def weight(self) -> Vector:
        """One over the root of the curvature, (N - 1, 1) or with axes (N - 1, d)."""
        dt = self.time / self.nodes
        wave = (2 - 2 * np.cos(np.pi * np.arange(1, self.nodes) / self.nodes)) / dt
        if self.axes is None:
            theta: Vector | float = self.sigma**-2
        else:
            theta = 1 / (self.axes.variance + self.sigma**2)
        found: Vector = np.atleast_2d((wave[:, None] + np.square(theta) * dt) ** -0.5)
        return found

    def shift(self, c: Vector) -> Vector:
        """The displacement of the inner nodes, (N - 1, d)."""
        turned = self.weight * c.reshape(self.nodes - 1, -1)
        if self.axes is not None:
            turned = turned @ self.axes.basis.T
        found: Vector = dst(turned, type=1, norm="ortho", axis=0)
        return found

    def pull(self, slope: Vector) -> Vector:
        """The gradient in c, of a gradient at the inner nodes (N - 1, d): the transpose of
        `shift`."""
        turned = dst(slope, type=1, norm="ortho", axis=0)
        if self.axes is not None:
            turned = turned @ self.axes.basis
        found: Vector = (self.weight * turned).ravel()
        return found
