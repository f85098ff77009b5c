"""Motion by Hamilton's equations in the potential -log p."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.metrics.action import Field, inner, work


@dataclass(frozen=True)
class Motion:
    """Places and velocities (S + 1, ...), and log p(x) - log p(x_0) as work (S + 1,)."""

    x: Tensor
    v: Tensor
    work: Tensor

    def kinetic(self) -> Tensor:
        """|v|^2 / 2, (S + 1,)."""
        return inner(self.v, self.v) / 2

    def energy(self) -> Tensor:
        """|v|^2 / 2 - log p, up to a constant, (S + 1,)."""
        return self.kinetic() - self.work

    def told(self) -> dict[str, Tensor]:
        """What a figure shows of it."""
        return {"kinetic": self.kinetic(), "energy": self.energy()}


def hamiltonian(
    field: Field,
    sigma: float,
    start: Tensor,
    goal: Tensor,
    *,
    step: float,
    duration: float,
    velocity: Literal["chord", "tangent", "thermal"],
    speed: float,
    seed: int,
) -> Motion:
    """x' = v, v' = b(x) from `start`, both ends (...); step and duration in units of sigma, the
    time scale of the stiffest direction: leapfrog is stable below a step of 2.

    The velocity at the start is `speed` times that which would reach the goal in straight motion
    (chord); or as large along the most sensitive direction of the denoiser (tangent); or in a
    random direction (thermal). Energy is tracked by Simpson's rule; one network call a step, and
    two for all nodes and midpoints. Raises InputError for a step that is unstable or no step.
    """
    if not 0 < step < 2 or duration < step:
        raise InputError("hamiltonian: needs 0 < step < 2 and a duration of a step or more")
    count, h = round(duration / step), step * sigma
    chord = (goal - start) / (count * h)
    noise = torch.randn(start.shape, generator=torch.Generator().manual_seed(seed)).to(start)
    way = {
        "chord": lambda: chord,
        "tangent": lambda: tangent(field, sigma, start, noise),
        "thermal": lambda: noise,
    }[velocity]()
    way = way * chord.norm() / way.norm() if chord.norm() > 0 else way
    way = -way if velocity == "tangent" and (way * chord).sum() < 0 else way
    x, v = leapfrog(field, start, speed * way, h, count)
    return Motion(x, v, work(field, x))


@torch.no_grad()
def leapfrog(field: Field, x: Tensor, v: Tensor, h: float, count: int) -> tuple[Tensor, Tensor]:
    """Places and velocities (count + 1, ...) by kick, drift, kick: reversible, of second order; one
    network call a step."""
    xs, vs, b = [x], [v], field(x[None])[0]
    for _ in range(count):
        half = v + h / 2 * b
        x = x + h * half
        b = field(x[None])[0]
        v = half + h / 2 * b
        xs.append(x)
        vs.append(v)
    return torch.stack(xs), torch.stack(vs)


@torch.no_grad()
def tangent(field: Field, sigma: float, x: Tensor, v: Tensor, iterations: int = 8) -> Tensor:
    """The unit direction (...) in which alpha times the denoiser, x + sigma^2 b(x), changes most,
    by power iteration on central differences."""
    h = 0.1 * sigma * x.numel() ** 0.5
    for _ in range(iterations):
        v = v / v.norm()
        high, low = field(torch.stack([x + h * v, x - h * v]))
        v = v + sigma**2 * (high - low) / (2 * h)
    return v / v.norm()
