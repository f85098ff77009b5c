"""Paths between two ends at one noise level, by every method, and what is measured on them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser, Model, needs_mean, score
from scorefield.core.errors import InputError
from scorefield.core.schedule import Schedule, time_at
from scorefield.lab.ends import bowed, line, slerp, through_noise
from scorefield.metrics.action import (
    Field,
    expanded,
    geometric,
    length,
    midpoint,
    resampled,
    work,
)
from scorefield.metrics.likelihood import flow_log_prob
from scorefield.paths.hamiltonian import Motion
from scorefield.paths.instanton import Instanton

STILL = 1e-4  # the step, in units of typical noise, that ends the way of an end to its mode
BOW = 0.1  # of a first path, in units of sigma


@dataclass(frozen=True)
class Level:
    """A denoiser at one noise level sigma / alpha, as a score field b(x) = grad log p_t(x)."""

    denoiser: Denoiser
    schedule: Schedule
    noise: float

    def __post_init__(self) -> None:
        if self.noise <= 0:
            raise InputError(f"levels: a path needs a noise level above 0, found {self.noise:g}")

    @property
    def t(self) -> Tensor:
        return time_at(self.schedule, self.noise)

    @property
    def alpha(self) -> float:
        return self.schedule.alpha(self.t).item()

    @property
    def sigma(self) -> float:
        return self.schedule.sigma(self.t).item()

    def field(self) -> Field:
        return partial(score, self.denoiser, self.schedule, t=self.t)

    @torch.no_grad()
    def clean(self, path: Tensor) -> Tensor:
        """What the denoiser sees in the nodes of a path."""
        return self.denoiser(path, self.t)

    @torch.no_grad()
    def relaxed(self, x: Tensor, steps: int) -> Tensor:
        """x (...) on its way uphill to a mode of p_t, by so many steps of mean shift at most:
        x <- alpha D(x)."""
        for _ in range(steps):
            moved = self.alpha * self.denoiser(x[None], self.t)[0]
            if (moved - x).norm() < STILL * self.sigma * x.numel() ** 0.5:
                return moved
            x = moved
        return x


def doubled(denoiser: Denoiser, model: Model) -> Denoiser:
    """A denoiser of float64 points whose network calculates in its own precision, so that only the
    network rounds. Raises InputError for a denoiser that draws."""
    needs_mean(denoiser, "a path")
    own = next((p.dtype for p in model.parameters()), torch.float64)
    return lambda x, t: denoiser(x.to(own), t.to(own)).to(x.dtype)


@torch.no_grad()
def measured(level: Level, path: Tensor, nodes: int, duration: float) -> dict[str, Tensor]:
    """Figures of a course in so many equal steps: the time-free action, both forms of S_T at equal
    speed, length, barrier (the deepest fall of log p below the start, by work), that of the
    straight line's work for the same ends (equal for a gradient field), and the work itself."""
    field, even = level.field(), resampled(path, nodes)
    risen = work(field, even)
    return {
        "action": geometric(field, even),
        "action_timed": midpoint(field, even, duration),
        "action_expanded": expanded(field, even, duration),
        "length": length(even),
        "barrier": -risen.min(),
        "rise": risen[-1],
        "rise_straight": work(field, line(even[0], even[-1], 4 * nodes))[-1],
        "work": risen,
        "even": even,
    }


@dataclass(frozen=True)
class Journey:
    """Paths by the names of their ends and method, the motion, and the instantons by ends."""

    paths: dict[str, Tensor]
    motion: Motion
    instantons: dict[str, Instanton]


def travel(
    level: Level,
    a: Tensor,
    b: Tensor,
    hamiltonian: Callable[..., Motion],
    instanton: Callable[..., Instanton],
    nodes: int,
    relax: int,
    seed: int,
) -> Journey:
    """From a to b, clean examples (...) relaxed so many steps towards their modes: the Hamiltonian
    motion that sets out for b, and between the ends it `reached`, and between those that were the
    `goal`, the straight path and others, and the path of least action."""
    field, sigma = level.field(), level.sigma
    a, b = (level.relaxed(level.alpha * x.double(), relax) for x in (a, b))
    motion = hamiltonian(field, sigma, a, b)
    c = motion.x[-1]
    noised = through_noise(level.denoiser, level.schedule, level.noise, a, b, nodes, seed)
    plain = {
        "reached": {"line": line(a, c, nodes), "hamiltonian": resampled(motion.x, nodes)},
        "goal": {"line": line(a, b, nodes), "slerp": slerp(a, b, nodes), "noise": noised},
    }
    paths, found = {}, {}
    for ends, rows in plain.items():
        starts = {
            name: bowed(row, BOW * sigma, seed) for name, row in rows.items() if name != "slerp"
        }
        found[ends] = instanton(field, sigma, starts)
        every = rows | {"instanton": found[ends].path}
        paths |= {f"{ends}/{name}": row for name, row in every.items()}
    return Journey(paths, motion, found)


def densities(
    level: Level, found: Journey, train: Tensor, steps: int, probes: int, seed: int
) -> dict[str, Tensor]:
    """log p by the probability flow, relative to the start, at the top of each path between the
    goal's ends (its deepest fall of log p), as `<ends>/<method>/barrier_flow`."""
    kept = {key: path for key, path in found.paths.items() if key.startswith("goal")}
    tops = [path[work(level.field(), path).argmin()] for path in kept.values()]
    points = torch.stack([next(iter(kept.values()))[0], *tops])
    flat = train.flatten(1).double()
    prior = flat.mean(0), torch.cov(flat.mT)
    given = {"steps": steps, "probes": probes, "seed": seed}
    log_p = flow_log_prob(level.denoiser, level.schedule, points, level.t, prior, **given)
    return {f"{key}/barrier_flow": log_p[0] - top for key, top in zip(kept, log_p[1:], strict=True)}
