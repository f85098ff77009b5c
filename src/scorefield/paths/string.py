"""Minimum energy paths by the string method."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor

from scorefield.core.action import Field, drop, inner, steps, work
from scorefield.core.bounds import Count, Several, Stable
from scorefield.core.denoiser import Denoiser
from scorefield.core.errors import InputError
from scorefield.paths._starts import all_bowed, first_paths, placed

NODES = 24  # of a path, by default
SEED = 0  # of the noise of initial paths
STILL = 1e-5  # nodes that move less than this in one iteration, in units of sigma, have arrived


@dataclass(frozen=True, eq=False)
class EnergyPath:
    """A path (N + 1, ...) in equal steps in the coordinates of x_t, and its barrier, the deepest
    fall of log p below an earlier node. `start` names the initial path it came from, and `history`
    has the barrier at each iteration for each initial path, by the trapezoid rule; `clean` are the
    denoised nodes, where there is a denoiser."""

    path: Tensor
    barrier: float
    start: str
    history: dict[str, list[float]]
    clean: Tensor | None = None


def string(
    denoiser: Denoiser,
    start: Tensor,
    goal: Tensor,
    noise: float = 0.5,
    *,
    nodes: Several = NODES,
    step: Stable = 0.5,
    iterations: Count = 100,
) -> EnergyPath:
    """A minimum energy path of -log p_t between two clean examples (...) at the noise level sigma /
    alpha = `noise`, by `minimum_energy` from the same initial paths as an instanton.

    Raises InputError for a denoiser that draws, a noise level that is not above 0, examples of
    different shapes, and a step that is unstable.
    """
    level, a, b = placed(denoiser, start, goal, noise)
    starts = all_bowed(first_paths(level, a, b, nodes, SEED), level.sigma, SEED)
    found = minimum_energy(
        level.field(), level.sigma, starts, nodes=nodes, step=step, iterations=iterations
    )
    return replace(found, clean=level.clean(found.path))


@torch.no_grad()
def minimum_energy(
    field: Field,
    sigma: float,
    starts: dict[str, Tensor],
    *,
    nodes: int = NODES,
    step: float = 0.5,
    iterations: int = 100,
) -> EnergyPath:
    """The path of lowest barrier that the string method finds from several initial paths (M + 1,
    ...) with the same endpoints (E, Ren and Vanden-Eijnden 2007, the simplified method). It is over
    passes near one of them, not always over the lowest pass of all.

    In each iteration all nodes but the ends move by `step` sigma^2 times grad log p, and then along
    a cubic spline to equal distances. Where the ends are no modes, the path begins with the way
    uphill to a mode. One network call for all nodes an iteration. Raises InputError for a step that
    is not in (0, 2), where steep directions would grow.
    """
    if not 0 < step < 2:
        raise InputError(f"string: expected a step in (0, 2), found {step:g}")
    history: dict[str, list[float]] = {name: [] for name in starts}
    found, barriers = dict[str, Tensor](), dict[str, float]()
    for name, path in starts.items():
        path = respaced(path, nodes)
        for _ in range(iterations):
            b = field(path)
            history[name].append(trapezoid_barrier(path, b))
            moved = path + step * sigma**2 * b
            moved[[0, -1]] = path[[0, -1]]
            moved = respaced(moved, nodes)
            shift, path = (moved - path).flatten(1).norm(dim=1).max(), moved
            if shift < STILL * sigma:
                break
        found[name], barriers[name] = path, drop(work(field, path)).item()
    best = min(barriers, key=lambda name: barriers[name])
    return EnergyPath(found[best], barriers[best], best, history)


def trapezoid_barrier(path: Tensor, b: Tensor) -> float:
    """The deepest fall of log p, from the field at the nodes, both (N + 1, ...)."""
    each = inner(b[1:] + b[:-1], steps(path)[0]) / 2
    return drop(torch.cat([each.new_zeros(1), each.cumsum(0)])).item()


def respaced(path: Tensor, nodes: int) -> Tensor:
    """nodes + 1 points at equal distances on the cubic spline through the points of a path. Linear
    interpolation would cut its corners in every iteration."""
    rows = path.flatten(1).double().cpu().numpy()
    reached = np.concatenate([[0], np.linalg.norm(np.diff(rows, axis=0), axis=1).cumsum()])
    if reached[-1] == 0:
        return path[:1].expand(nodes + 1, *path.shape[1:]).clone()
    keep = np.concatenate([[True], np.diff(reached) > 0])
    curve = CubicSpline(reached[keep], rows[keep])
    even = torch.from_numpy(curve(np.linspace(0, reached[-1], nodes + 1))).to(path)
    return even.view(nodes + 1, *path.shape[1:])
