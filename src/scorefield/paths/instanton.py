"""Paths of least Freidlin-Wentzell action between two endpoints."""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import dst
from scipy.optimize import minimize
from torch import Tensor

from scorefield.core.action import Field, midpoint
from scorefield.core.bounds import Count, Natural, Positive, Several
from scorefield.core.denoiser import Denoiser
from scorefield.core.errors import InputError
from scorefield.paths._starts import all_bowed, first_paths, placed

NODES = 24  # of a path, by default
SEED = 0  # of the noise of initial paths
Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Instanton:
    """A path (N + 1, ...) in the coordinates of x_t with its duration and action. `start` names the
    initial path it came from, `stiffness` is dt / sigma^2, and `history` has the actions of all
    evaluations for each initial path, coarse grids first; `clean` are the denoised nodes, where
    there is a denoiser."""

    path: Tensor
    duration: float
    action: float
    start: str
    stiffness: float
    history: dict[str, list[float]]
    clean: Tensor | None = None


def instanton(
    denoiser: Denoiser,
    start: Tensor,
    goal: Tensor,
    noise: float = 0.5,
    *,
    nodes: Several = NODES,
    duration: Positive = 16.0,
    iterations: Count = 35,
    levels: Natural = 1,
) -> Instanton:
    """The path of least action between two clean examples (...) at the noise level sigma / alpha =
    `noise`, by `least_action` from the straight path and the path through noise, both with a bow.

    Guidance that is itself a gradient (ibg, ratio) is differentiated as if that gradient were
    constant. Raises InputError for a denoiser that draws, a noise level that is not above 0,
    examples of different shapes, and too few nodes for the duration.
    """
    level, a, b = placed(denoiser, start, goal, noise)
    starts = all_bowed(first_paths(level, a, b, nodes, SEED), level.sigma, SEED)
    found = least_action(
        level.field(),
        level.sigma,
        starts,
        nodes=nodes,
        duration=duration,
        iterations=iterations,
        levels=levels,
    )
    return replace(found, clean=level.clean(found.path))


@torch.no_grad()
def least_action(
    field: Field,
    sigma: float,
    starts: dict[str, Tensor],
    *,
    nodes: int = NODES,
    duration: float = 16.0,
    iterations: int = 35,
    levels: int = 1,
) -> Instanton:
    """The path with the least action S_T = 1/2 int |x' - b|^2 dt that is found from several initial
    paths (N + 1, ...) with the same endpoints; T is `duration` in units of sigma^2, the relaxation
    time.

    L-BFGS in sine coordinates that are scaled by the curvature of the action (H1), so that the
    number of iterations does not grow with `nodes`. `levels` coarser grids come first, each with
    half the nodes of the next, as long as dt <= sigma^2. Raises InputError where dt / sigma^2 is
    above 1: the midpoint rule would not resolve the relaxation. An evaluation costs one network
    call for all nodes and its backward call.
    """
    if duration > nodes:
        raise InputError(
            f"instanton: dt / sigma^2 = {duration / nodes:g} is above 1; "
            f"take at least {ceil(duration)} nodes or a duration up to {nodes}"
        )
    grids = [nodes // 2**level for level in range(levels, -1, -1) if nodes // 2**level >= duration]
    history: dict[str, list[float]] = {name: [] for name in starts}
    found: dict[str, tuple[float, Tensor]] = {}
    for name, path in starts.items():
        for n in grids:
            path = descend(field, sigma, resized(path, n), duration, iterations, history[name])
        found[name] = midpoint(field, path, duration * sigma**2).item(), path
    best = min(found, key=lambda name: found[name][0])
    action, path = found[best]
    return Instanton(path, duration * sigma**2, action, best, duration / nodes, history)


def resized(path: Tensor, nodes: int) -> Tensor:
    """The path at nodes + 1 equidistant times, by linear interpolation."""
    at = torch.linspace(0, len(path) - 1, nodes + 1, dtype=torch.float64, device=path.device)
    left = at.long().clamp_max(len(path) - 2)
    part = (at - left).to(path).view(-1, *[1] * (path.ndim - 1))
    return path[left] + part * (path[left + 1] - path[left])


def descend(
    field: Field, sigma: float, path: Tensor, duration: float, iterations: int, seen: list[float]
) -> Tensor:
    """The path after at most so many iterations; all evaluated actions are appended to `seen`."""
    n, theta, time = len(path) - 1, sigma**-2, duration * sigma**2
    dt = time / n
    stiff = (2 - 2 * np.cos(np.pi * np.arange(1, n) / n)) / dt + theta**2 * dt
    weight = stiff[:, None] ** -0.5

    def at(c: Vector) -> Tensor:
        inner = dst(weight * c.reshape(n - 1, -1), type=1, norm="ortho", axis=0)
        moved = path.clone()
        moved[1:-1] += torch.from_numpy(inner).to(path).view_as(path[1:-1])
        return moved

    def action(c: Vector) -> tuple[float, Vector]:
        x = at(c).requires_grad_()
        with torch.enable_grad():
            value = midpoint(field, x, time)
            (slope,) = torch.autograd.grad(value, x)
        seen.append(value.item())
        rows = slope[1:-1].flatten(1).double().cpu().numpy()
        return value.item(), (weight * dst(rows, type=1, norm="ortho", axis=0)).ravel()

    begin = np.zeros((n - 1) * path[0].numel())
    found = minimize(
        action,
        begin,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": iterations, "maxcor": 15, "ftol": 1e-10, "gtol": 1e-7},
    )
    return at(found.x).detach()
