"""Figures of a path in a score field: Freidlin-Wentzell actions, work and length.

A path is (N + 1, ...). A field b maps points (B, ...) to grad log p at them, at one noise level.
Each figure is a 0-dimensional tensor in float64.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Field = Callable[[Tensor], Tensor]  # points (B, ...) -> grad log p at them, of their shape


def inner(a: Tensor, b: Tensor) -> Tensor:
    """Inner products of rows (N, ...), summed in float64, (N,)."""
    return (a.flatten(1).double() * b.flatten(1).double()).sum(1)


def steps(path: Tensor) -> tuple[Tensor, Tensor]:
    """Differences and midpoints, both (N, ...)."""
    return path[1:] - path[:-1], (path[1:] + path[:-1]) / 2


def geometric(field: Field, path: Tensor) -> Tensor:
    """The geometric action int |b| |dx| - b.dx: the minimum over all time parametrisations of the
    path (Heymann and Vanden-Eijnden 2008). From a mode straight up the gradient it is 2 (log p at
    the start - log p at the end). By Simpson's rule: the midpoint rule is too low on long steps, so
    that a longer way would seem cheaper than it is."""
    return along(field, path)[0]


def work(field: Field, path: Tensor) -> Tensor:
    """log p(x_k) - log p(x_0) as the work of the field along the path, (N + 1,), by Simpson's rule.

    With the trapezoid rule every leapfrog motion would seem to conserve its energy.
    """
    step, middle = steps(path)
    b = field(path)
    each = (inner(b[:-1], step) + 4 * inner(field(middle), step) + inner(b[1:], step)) / 6
    return torch.cat([each.new_zeros(1), each.cumsum(0)])


def along(
    field: Field, path: Tensor, rounded: tuple[float, float] = (0.0, 0.0)
) -> tuple[Tensor, Tensor]:
    """The geometric action () and the work (N + 1,) along a path, both by Simpson's rule, from one
    evaluation of the field at nodes and midpoints. The norms of steps and of the field are rounded
    off below `rounded`, which gives the action a derivative where they are 0."""
    step, middle = steps(path)
    b = field(torch.cat([path, middle]))
    at, between = b[: len(path)], b[len(path) :]
    long, size = (
        (inner(each, each) + least**2).sqrt()
        for each, least in zip((step, b), rounded, strict=True)
    )
    start, half, end = size[: len(step)], size[len(path) :], size[1 : len(path)]
    each = (inner(at[:-1], step) + 4 * inner(between, step) + inner(at[1:], step)) / 6
    risen = torch.cat([each.new_zeros(1), each.cumsum(0)])
    action = ((start + 4 * half + end) / 6 * long).sum() - risen[-1]
    return action, risen


def drop(rise: Tensor) -> Tensor:
    """The deepest fall of log p below an earlier point of a path, of its change along the path (N +
    1,): the barrier where the path begins in a mode, and also where it begins below one."""
    return (rise.cummax(0).values - rise).max()


def length(path: Tensor) -> Tensor:
    """The Euclidean length of a path."""
    step = steps(path)[0]
    return inner(step, step).sqrt().sum()


def resampled(path: Tensor, nodes: int) -> Tensor:
    """The same polygonal path in `nodes` pieces of equal length, (nodes + 1, ...)."""
    step = steps(path)[0]
    lengths = inner(step, step).sqrt()
    reached = torch.cat([step.new_zeros(1, dtype=torch.float64), lengths.cumsum(0)])
    at = torch.linspace(0, 1, nodes + 1, dtype=torch.float64, device=path.device) * reached[-1]
    left = (torch.searchsorted(reached, at, right=True) - 1).clamp(0, len(step) - 1)
    piece = (reached[left + 1] - reached[left]).clamp_min(1e-300)
    part = ((at - reached[left]) / piece).clamp(0, 1)
    part = part.to(path).view(-1, *[1] * (path.ndim - 1))
    return path[left] + part * step[left]
