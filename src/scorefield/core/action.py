"""What a path costs in a score field: Freidlin-Wentzell actions, work and length.

A path is (N + 1, ...), a field b maps points (B, ...) to grad log p at them, at one noise level.
Figures are 0-dimensional and in float64.
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


def midpoint(field: Field, path: Tensor, duration: float) -> Tensor:
    """1/2 int |x' - b|^2 over a path walked at equal times, by the midpoint rule; the left-point
    rule would find paths of no action where dt grad b > 2. Freidlin and Wentzell 1984."""
    step, middle = steps(path)
    dt = duration / len(step)
    off = step / dt - field(middle)
    return dt / 2 * inner(off, off).sum()


def expanded(field: Field, path: Tensor, duration: float) -> Tensor:
    """The same with the square multiplied out: kinetic part, |b|^2 at the nodes, and the boundary
    term log p(x_N) - log p(x_0) as work."""
    step, b = steps(path)[0], field(path)
    dt = duration / len(step)
    size = inner(b, b)
    still = size.sum() - (size[0] + size[-1]) / 2
    return inner(step, step).sum() / (2 * dt) + dt / 2 * still - work(field, path)[-1]


def geometric(field: Field, path: Tensor) -> Tensor:
    """int |b| |dx| - b.dx, the least action over all ways to time the path (Heymann and
    Vanden-Eijnden 2008): 2 (log p at the start - log p at the top) straight up from a mode."""
    step, middle = steps(path)
    b = field(middle)
    return (inner(b, b).sqrt() * inner(step, step).sqrt() - inner(b, step)).sum()


def work(field: Field, path: Tensor) -> Tensor:
    """log p(x_k) - log p(x_0) as the work of the field along the path, (N + 1,), by Simpson's rule.

    The trapezoid rule would tell any leapfrog motion that it conserves energy, in any field.
    """
    step, middle = steps(path)
    b = field(path)
    each = (inner(b[:-1], step) + 4 * inner(field(middle), step) + inner(b[1:], step)) / 6
    return torch.cat([each.new_zeros(1), each.cumsum(0)])


def length(path: Tensor) -> Tensor:
    """Its Euclidean length."""
    step = steps(path)[0]
    return inner(step, step).sqrt().sum()


def resampled(path: Tensor, nodes: int) -> Tensor:
    """The same course in `nodes` pieces of equal length, (nodes + 1, ...)."""
    step = steps(path)[0]
    gone = torch.cat([step.new_zeros(1, dtype=torch.float64), inner(step, step).sqrt().cumsum(0)])
    at = torch.linspace(0, 1, nodes + 1, dtype=torch.float64, device=path.device) * gone[-1]
    left = (torch.searchsorted(gone, at, right=True) - 1).clamp(0, len(step) - 1)
    part = ((at - gone[left]) / (gone[left + 1] - gone[left]).clamp_min(1e-300)).clamp(0, 1)
    part = part.to(path).view(-1, *[1] * (path.ndim - 1))
    return path[left] + part * step[left]
