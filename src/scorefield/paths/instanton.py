"""Paths of least Freidlin-Wentzell action between two endpoints."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from scorefield.core.action import Field, along, geometric, inner, resampled, steps
from scorefield.core.bounds import Count, Natural, NonNegative, Several
from scorefield.core.denoiser import Denoiser
from scorefield.paths._coordinates import Coordinates, Vector
from scorefield.paths._starts import all_bowed, first_paths, placed

NODES = 24  # of a path, by default
SEED = 0  # of the noise of initial paths
NEAR = 0.1  # initial paths that end further above the lowest are not refined
SPRING = 2.0  # of the penalty for unequal steps, in units of the action of the first path
ROUND = 1e-4  # norms are rounded off below this, in units of sigma and 1 / sigma


@dataclass(frozen=True, eq=False)
class Instanton:
    """A path (N + 1, ...) in about equal steps in the coordinates of x_t with its geometric action.
    `start` names the initial path it came from, `change` is how much the action changed, relative
    to it, when the nodes were doubled for the last time (0 where they never were), `found` has the
    paths from all initial paths, and `history` the actions of all evaluations for each; `clean` are
    the denoised nodes, where there is a denoiser."""

    path: Tensor
    action: float
    start: str
    change: float
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
    iterations: Count = 60,
    tolerance: NonNegative = 1e-5,
    doublings: Natural = 2,
    accuracy: NonNegative = 0.01,
) -> Instanton:
    """The path of least action between two clean examples (...) at the noise level sigma / alpha =
    `noise`, by `least_action` from the straight path, the path through noise and, where there are
    `examples` (n, ...), the path through them, which goes round where they do, all with a bow.

    It is a local minimum, the lowest that these initial paths lead to. Guidance that is itself a
    gradient (ibg, ratio) is differentiated as if that gradient were constant. Raises InputError for
    a denoiser that draws, a noise level that is not above 0, and examples of different shapes.
    """
    level, a, b = placed(denoiser, start, goal, noise)
    starts = all_bowed(first_paths(level, a, b, nodes, SEED, examples), level.sigma, SEED)
    found = least_action(
        level.field(),
        level.sigma,
        starts,
        nodes=nodes,
        iterations=iterations,
        tolerance=tolerance,
        doublings=doublings,
        accuracy=accuracy,
    )
    return replace(found, clean=level.clean(found.path))


@torch.no_grad()
def least_action(
    field: Field,
    sigma: float,
    starts: dict[str, Tensor],
    *,
    nodes: int = NODES,
    iterations: int = 60,
    tolerance: float = 1e-5,
    doublings: int = 2,
    accuracy: float = 0.01,
) -> Instanton:
    """The path with the least geometric action int |b| |dx| - b.dx that is found from several
    initial paths (M + 1, ...) with the same endpoints. It is the infimum of S_T = 1/2 int |x' -
    b|^2 dt over all times T (Heymann and Vanden-Eijnden 2008, the geometric minimum action method).

    L-BFGS in `Coordinates`, so that the number of iterations does not grow with `nodes`. A search
    ends after so many `iterations`, or where one lowers the action by less than `tolerance` of it.
    From each initial path whose action is then within `NEAR` of the lowest, it is repeated with
    twice the nodes, up to `doublings` times, until that changes the action by less than `accuracy`
    of it. An evaluation costs one network call for all nodes and its backward call.
    """
    history: dict[str, list[float]] = {name: [] for name in starts}

    def search(name: str, path: Tensor, nodes: int) -> tuple[Tensor, float]:
        even = resampled(path, nodes)
        lower = descend(field, sigma, even, iterations, history[name], tolerance)
        return lower, geometric(field, lower).item()

    found = {name: search(name, path, nodes) for name, path in starts.items()}
    changes, bound = dict.fromkeys(starts, 0.0), min(each[1] for each in found.values())
    for name in starts:
        for _ in range(doublings if found[name][1] <= (1 + NEAR) * bound else 0):
            path, before = found[name]
            found[name] = search(name, path, 2 * (len(path) - 1))
            changes[name] = abs(found[name][1] - before) / max(abs(found[name][1]), 1e-12)
            if changes[name] < accuracy:
                break
    best = min(found, key=lambda name: found[name][1])
    every = {name: path for name, (path, _) in found.items()}
    return Instanton(*found[best], best, changes[best], every, history)


def descend(
    field: Field,
    sigma: float,
    path: Tensor,
    iterations: int,
    seen: list[float],
    tolerance: float = 1e-5,
) -> Tensor:
    """The path after at most so many iterations; all evaluated actions are appended to `seen`."""
    dt, first = scales(field, sigma, path)
    places = Coordinates(len(path) - 1, dt, sigma)

    def at(c: Vector) -> Tensor:
        moved = path.clone()
        moved[1:-1] += torch.from_numpy(places.shift(c)).to(path).view_as(path[1:-1])
        return moved

    def penalised(c: Vector) -> tuple[float, Vector]:
        x = at(c).requires_grad_()
        with torch.enable_grad():
            action, uneven = smooth_action(field, x, sigma)
            value = action + SPRING * first * uneven
            (slope,) = torch.autograd.grad(value, x)
        seen.append(action.item())
        return value.item(), places.pull(slope[1:-1].flatten(1).double().cpu().numpy())

    found = minimize(
        penalised,
        np.zeros((len(path) - 2) * path[0].numel()),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": iterations, "maxcor": 15, "ftol": tolerance, "gtol": 1e-9},
    )
    return at(found.x).detach()


def smooth_action(field: Field, path: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """The geometric action with norms that are smooth at 0, and how unequal the steps are: N sum
    |D|^2 / (sum |D|)^2 - 1. The action is the same for all nodes along a course, so without a
    penalty they would gather where Simpson's rule is too low. By the midpoint rule, which needs
    half as many points, paths of few nodes end where that rule is too low."""
    size = (inner(step := steps(path)[0], step) + (ROUND * sigma) ** 2).sqrt()
    action, _ = along(field, path, (ROUND * sigma, ROUND / sigma))
    return action, len(size) * size.square().sum() / size.sum() ** 2 - 1


def scales(field: Field, sigma: float, path: Tensor) -> tuple[float, float]:
    """The time of a mean step of a path at the mean speed |b|, at most the relaxation time sigma^2,
    and the geometric action."""
    step, middle = steps(path)
    squares, b = inner(step, step), field(middle)
    speed = inner(b, b)
    dt = (squares.mean() / speed.mean().clamp_min(1e-300)).sqrt().clamp(1e-6 * sigma**2, sigma**2)
    return dt.item(), ((speed * squares).sqrt() - inner(b, step)).sum().item()
