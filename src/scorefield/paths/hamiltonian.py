"""Hamiltonian motion in the potential -log p."""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from scorefield.core.action import Field, inner, work
from scorefield.core.bounds import Positive, Seed, Stable
from scorefield.core.denoiser import Denoiser
from scorefield.core.errors import InputError
from scorefield.paths._starts import placed

Velocity = Literal["chord", "tangent", "thermal"]


@dataclass(frozen=True, eq=False)
class Motion:
    """Positions and velocities (S + 1, ...) in the coordinates of x_t, and log p(x) - log p(x_0) as
    `work` (S + 1,); `clean` are the denoised positions, where there is a denoiser."""

    x: Tensor
    v: Tensor
    work: Tensor
    clean: Tensor | None = None

    def kinetic(self) -> Tensor:
        """|v|^2 / 2, (S + 1,)."""
        return inner(self.v, self.v) / 2

    def energy(self) -> Tensor:
        """|v|^2 / 2 - log p, up to a constant, (S + 1,)."""
        return self.kinetic() - self.work


def hamiltonian(
    denoiser: Denoiser,
    start: Tensor,
    goal: Tensor,
    noise: float = 0.5,
    *,
    step: Stable = 0.1,
    duration: Positive = 3.0,
    velocity: Velocity = "chord",
    speed: float = 1.0,
    seed: Seed = 0,
) -> Motion:
    """The Hamiltonian motion x'' = grad log p_t(x) at the noise level sigma / alpha = `noise`, from
    the clean example `start` towards `goal`, both (...), by `move`.

    Raises InputError for a denoiser that draws, a noise level that is not above 0, examples of
    different shapes, and a step that is unstable.
    """
    level, a, b = placed(denoiser, start, goal, noise)
    knobs = {"step": step, "duration": duration, "speed": speed}
    motion = move(level.field(), level.sigma, a, b, velocity=velocity, seed=seed, **knobs)
    return replace(motion, clean=level.clean(motion.x))


@torch.no_grad()
def move(
    field: Field,
    sigma: float,
    start: Tensor,
    goal: Tensor,
    *,
    step: float = 0.1,
    duration: float = 3.0,
    velocity: Velocity = "chord",
    speed: float = 1.0,
    seed: int = 0,
) -> Motion:
    """x' = v, v' = b(x) from `start` (...). `step` and `duration` are in units of sigma, the time
    scale of the stiffest direction: leapfrog is stable for steps below 2.

    The initial velocity is `speed` times the one that reaches `goal` (...) in straight motion
    (chord), or of that size along the most sensitive direction of the denoiser (tangent), or
    standard normal, as in equilibrium at temperature 1 (thermal). The energy is computed by
    Simpson's rule. One network call per step, and two for all nodes and midpoints. Raises
    InputError for a step that is not in (0, 2) and for a duration below one step.
    """
    if not 0 < step < 2 or duration < step:
        raise InputError("hamiltonian: needs 0 < step < 2 and a duration of at least one step")
    count, h = round(duration / step), step * sigma
    chord = (goal - start) / (count * h)
    first = initial_velocity(field, sigma, start, chord, velocity, seed)
    x, v = leapfrog(field, start, speed * first, h, count)
    return Motion(x, v, work(field, x))


def initial_velocity(
    field: Field, sigma: float, start: Tensor, chord: Tensor, velocity: Velocity, seed: int
) -> Tensor:
    """The initial velocity (...); a tangent one points towards the goal and has the size of the
    chord, where that is not 0."""
    noise = torch.randn(start.shape, generator=torch.Generator().manual_seed(seed)).to(start)
    if velocity == "chord":
        return chord
    if velocity == "thermal":
        return noise
    if velocity != "tangent":
        raise InputError(f"velocity: expected chord, tangent or thermal, found {velocity}")
    v = tangent(field, sigma, start, noise)
    if chord.norm() > 0:
        v = v * chord.norm()
    return -v if (v * chord).sum() < 0 else v


@torch.no_grad()
def leapfrog(field: Field, x: Tensor, v: Tensor, h: float, count: int) -> tuple[Tensor, Tensor]:
    """Positions and velocities (count + 1, ...) by the leapfrog method, which is reversible and of
    second order; one network call per step."""
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
    """The unit vector (...) along which alpha times the denoiser, x + sigma^2 b(x), changes most,
    by power iteration with central differences."""
    h: float = 0.1 * sigma * x.numel() ** 0.5
    for _ in range(iterations):
        v = v / v.norm()
        high, low = field(torch.stack([x + h * v, x - h * v]))
        v = v + sigma**2 * (high - low) / (2 * h)
    direction: Tensor = v / v.norm()
    return direction
