"""Paths of least Freidlin-Wentzell action between fixed ends."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.fft import dst
from scipy.optimize import minimize
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.metrics.action import Field, midpoint


@dataclass(frozen=True)
class Instanton:
    """The path (N + 1, ...) walked in `duration`, its action, the start it came from, dt / sigma^2,
    and the actions of all evaluations for each start, on coarse grids first."""

    path: Tensor
    duration: float
    action: float
    start: str
    stiffness: float
    history: dict[str, list[float]]


def instanton(
    field: Field,
    sigma: float,
    starts: dict[str, Tensor],
    *,
    nodes: int,
    duration: float,
    iterations: int,
    levels: int,
) -> Instanton:
    """The path with the least action S_T = 1/2 int |x' - b|^2 that is found from several starts,
    paths (N + 1, ...) with the same ends; T is `duration` in units of sigma^2, the relaxation time.

    L-BFGS in sine coordinates scaled by the action's curvature (H1), so that the number of
    iterations does not grow with `nodes`; `levels` times half as many nodes come first, as long as
    dt <= sigma^2. Raises InputError where dt / sigma^2 is above 1: the rule would not resolve the
    relaxation. One network call for all nodes an evaluation, and its backward.
    """
    if duration > nodes:
        raise InputError(
            f"instanton: dt / sigma^2 = {duration / nodes:g} is above 1; "
            f"take at least {int(np.ceil(duration))} nodes or a duration up to {nodes}"
        )
    grids = [nodes // 2**level for level in range(levels, -1, -1) if nodes // 2**level >= duration]
    found, history = {}, {}
    for name, path in starts.items():
        history[name] = []
        for n in grids:
            path = descend(field, sigma, resized(path, n), duration, iterations, history[name])
        found[name] = midpoint(field, path, duration * sigma**2).item(), path
    best = min(found, key=lambda name: found[name][0])
    action, path = found[best]
    return Instanton(path, duration * sigma**2, action, best, duration / nodes, history)


def resized(path: Tensor, nodes: int) -> Tensor:
    """The path at nodes + 1 equal times: linear between its own."""
    at = torch.linspace(0, len(path) - 1, nodes + 1, dtype=torch.float64, device=path.device)
    left = at.long().clamp_max(len(path) - 2)
    part = (at - left).to(path).view(-1, *[1] * (path.ndim - 1))
    return path[left] + part * (path[left + 1] - path[left])


def descend(
    field: Field, sigma: float, path: Tensor, duration: float, iterations: int, seen: list[float]
) -> Tensor:
    """The path after at most so many iterations; the actions it tried go to `seen`."""
    n, theta, time = len(path) - 1, sigma**-2, duration * sigma**2
    dt = time / n
    stiff = (2 - 2 * np.cos(np.pi * np.arange(1, n) / n)) / dt + theta**2 * dt
    weight = stiff[:, None] ** -0.5

    def at(c: np.ndarray) -> Tensor:
        inner = dst(weight * c.reshape(n - 1, -1), type=1, norm="ortho", axis=0)
        moved = path.clone()
        moved[1:-1] += torch.from_numpy(inner).to(path).view_as(path[1:-1])
        return moved

    def action(c: np.ndarray) -> tuple[float, np.ndarray]:
        x = at(c).requires_grad_()
        with torch.enable_grad():
            value = midpoint(field, x, time)
            (slope,) = torch.autograd.grad(value, x)
        seen.append(value.item())
        rows = slope[1:-1].flatten(1).double().cpu().numpy()
        return value.item(), (weight * dst(rows, type=1, norm="ortho", axis=0)).ravel()

    begin = np.zeros((n - 1) * path[0].numel())
    options = {"maxiter": iterations, "maxcor": 15, "ftol": 1e-10, "gtol": 1e-7}
    found = minimize(action, begin, jac=True, method="L-BFGS-B", options=options)
    return at(found.x).detach()
