"""Paths of least Freidlin-Wentzell action between two endpoints."""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from scorefield.core.action import Field, midpoint
from scorefield.core.bounds import Count, Natural, NonNegative, Positive, Several
from scorefield.core.denoiser import Denoiser
from scorefield.core.errors import InputError
from scorefield.paths._coordinates import Axes, Coordinates, Vector, axes_of
from scorefield.paths._starts import all_bowed, first_paths, placed

NODES = 24  # of a path, by default
SEED = 0  # of the noise of initial paths


@dataclass(frozen=True, eq=False)
class Instanton:
    """A path (N + 1, ...) in the coordinates of x_t with its duration and action. `start` names the
    initial path it came from, `stiffness` is dt / sigma^2, `found` has the paths from all initial
    paths, and `history` the actions of all their evaluations, coarse grids first; `clean` are the
    denoised nodes, where there is a denoiser."""

    path: Tensor
    duration: float
    action: float
    start: str
    stiffness: float
    found: dict[str, Tensor]
    history: dict[str, list[float]]
    clean: Tensor | None = None


def instanton(
    denoiser: Denoiser,
    start: Tensor,
    goal: Tensor,
    noise: float = 0.5,
    examples: Tensor | None = None,
    *,
    nodes: Several = NODES,
    duration: Positive = 16.0,
    iterations: Count = 35,
    levels: Natural = 1,
    tolerance: NonNegative = 1e-10,
) -> Instanton:
    """The path of least action between two clean examples (...) at the noise level sigma / alpha =
    `noise`, by `least_action` from the straight path, the path through noise and, in a plane, paths
    on both sides, all with a bow. For images, `examples` (n, ...) make it converge faster.

    It is a local minimum, the lowest that these initial paths lead to. Guidance that is itself a
    gradient (ibg, ratio) is differentiated as if that gradient were constant. Raises InputError for
    a denoiser that draws, a noise level that is not above 0, examples of different shapes, and too
    few nodes for the duration.
    """
    level, a, b = placed(denoiser, start, goal, noise)
    starts = all_bowed(first_paths(level, a, b, nodes, SEED), level.sigma, SEED)
    axes = None if examples is None else axes_of(level.alpha * examples)
    found = least_action(
        level.field(),
        level.sigma,
        starts,
        axes,
        nodes=nodes,
        duration=duration,
        iterations=iterations,
        levels=levels,
        tolerance=tolerance,
    )
    return replace(found, clean=level.clean(found.path))


@torch.no_grad()
def least_action(
    field: Field,
    sigma: float,
    starts: dict[str, Tensor],
    axes: Axes | None = None,
    *,
    nodes: int = NODES,
    duration: float = 16.0,
    iterations: int = 35,
    levels: int = 1,
    tolerance: float = 1e-10,
) -> Instanton:
    """The path with the least action S_T = 1/2 int |x' - b|^2 dt that is found from several initial
    paths (N + 1, ...) with the same endpoints; T is `duration` in units of sigma^2, the relaxation
    time.

    L-BFGS in `Coordinates` that are scaled by the curvature of the action (H1), so that the number
    of iterations does not grow with `nodes`; `axes` are those of the noise-free data. `levels`
    coarser grids come first, each with half the nodes of the next, as long as dt <= sigma^2. Each
    grid ends after so many `iterations`, or where one lowers the action by less than `tolerance` of
    it. Raises InputError where dt / sigma^2 is above 1: the midpoint rule would not resolve the
    relaxation. An evaluation costs one network call for all nodes and its backward call.
    """
    grids = grids_of(nodes, duration, levels)
    history: dict[str, list[float]] = {name: [] for name in starts}
    found, actions = dict[str, Tensor](), dict[str, float]()
    for name, path in starts.items():
        for n in grids:
            places = Coordinates(n, duration, sigma, axes)
            path = descend(field, places, resized(path, n), iterations, history[name], tolerance)
        found[name], actions[name] = path, midpoint(field, path, places.time).item()
    best = min(actions, key=lambda name: actions[name])
    time, action = places.time, actions[best]
    return Instanton(found[best], time, action, best, duration / nodes, found, history)


def grids_of(nodes: int, duration: float, levels: int) -> list[int]:
    """The nodes of all grids, coarse ones first. Raises InputError where the last is too coarse."""
    if duration > nodes:
        raise InputError(
            f"instanton: dt / sigma^2 = {duration / nodes:g} is above 1; "
            f"take at least {ceil(duration)} nodes or a duration up to {nodes}"
        )
    return [nodes // 2**level for level in range(levels, -1, -1) if nodes // 2**level >= duration]


def resized(path: Tensor, nodes: int) -> Tensor:
    """The path at nodes + 1 equidistant times, by linear interpolation."""
    at = torch.linspace(0, len(path) - 1, nodes + 1, dtype=torch.float64, device=path.device)
    left = at.long().clamp_max(len(path) - 2)
    part = (at - left).to(path).view(-1, *[1] * (path.ndim - 1))
    return path[left] + part * (path[left + 1] - path[left])


def descend(
    field: Field,
    places: Coordinates,
    path: Tensor,
    iterations: int,
    seen: list[float],
    tolerance: float = 1e-10,
) -> Tensor:
    """The path after at most so many iterations; all evaluated actions are appended to `seen`."""

    def at(c: Vector) -> Tensor:
        moved = path.clone()
        moved[1:-1] += torch.from_numpy(places.shift(c)).to(path).view_as(path[1:-1])
        return moved

    def action(c: Vector) -> tuple[float, Vector]:
        x = at(c).requires_grad_()
        with torch.enable_grad():
            value = midpoint(field, x, places.time)
            (slope,) = torch.autograd.grad(value, x)
        seen.append(value.item())
        return value.item(), places.pull(slope[1:-1].flatten(1).double().cpu().numpy())

    found = minimize(
        action,
        np.zeros((len(path) - 2) * path[0].numel()),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": iterations, "maxcor": 15, "ftol": tolerance, "gtol": 1e-7},
    )
    return at(found.x).detach()
