"""Endpoints of a path in the coordinates of x_t, and initial paths between them."""

import torch
from scipy.sparse.csgraph import dijkstra
from torch import Tensor

from scorefield.core.action import resampled
from scorefield.core.denoiser import Denoiser
from scorefield.core.errors import InputError
from scorefield.core.model import device_of
from scorefield.core.noise import streams
from scorefield.core.noise_level import NoiseLevel, in_double, with_fixed_noise
from scorefield.core.schedule import time_at

DEEP = 4.0  # the noise level of a path through noise, in units of the level of the path
BOW = 0.1  # the size of the random bow of an initial path, in units of sigma
MOST = 4000  # examples that a path may lead through: the table of their distances is in memory


def placed(
    denoiser: Denoiser, start: Tensor, goal: Tensor, noise: float
) -> tuple[NoiseLevel, Tensor, Tensor]:
    """A denoiser at a noise level, and two clean examples (...) in the coordinates of x_t, in
    float64. Raises InputError for examples of different shapes."""
    if start.shape != goal.shape:
        raise InputError(
            f"goal: expected the shape of start, {[*start.shape]}; found {[*goal.shape]}"
        )
    level = NoiseLevel(in_double(with_fixed_noise(denoiser), start.dtype), noise)
    a, b = (level.alpha * x.double().to(device_of(denoiser)) for x in (start, goal))
    return level, a, b


def first_paths(
    level: NoiseLevel, a: Tensor, b: Tensor, nodes: int, seed: int, examples: Tensor | None = None
) -> dict[str, Tensor]:
    """The straight path (nodes + 1, ...), the path through noise, and the path through clean
    examples (n, ...), where there are any, by name."""
    noised = through_noise(level.denoiser, level.noise, a, b, nodes, seed)
    found = {"line": line(a, b, nodes), "noise": noised}
    if examples is not None:
        found["examples"] = through_examples(a, b, (level.alpha * examples).to(a), nodes)
    return found


def all_bowed(paths: dict[str, Tensor], sigma: float, seed: int) -> dict[str, Tensor]:
    """Each path with a random bow, as initial paths of an instanton."""
    return {name: bowed(path, BOW * sigma, seed) for name, path in paths.items()}


def line(a: Tensor, b: Tensor, nodes: int) -> Tensor:
    """The straight path (nodes + 1, ...)."""
    part = torch.linspace(0, 1, nodes + 1, dtype=torch.float64).to(a).view(-1, *[1] * a.ndim)
    return a + part * (b - a)


def slerp(a: Tensor, b: Tensor, nodes: int) -> Tensor:
    """The path (nodes + 1, ...) along a great circle with linear norm (Shoemake 1985); the straight
    path where a and b lie on one line with the origin."""
    angle = torch.acos(((a * b).sum() / (a.norm() * b.norm())).clamp(-1, 1))
    if angle.sin() < 1e-3:
        return line(a, b, nodes)
    part = torch.linspace(0, 1, nodes + 1, dtype=torch.float64).to(a).view(-1, *[1] * a.ndim)
    from_a = a / a.norm() * ((1 - part) * angle).sin()
    from_b = b / b.norm() * (part * angle).sin()
    size = a.norm() + part * (b.norm() - a.norm())
    path: Tensor = (from_a + from_b) / angle.sin() * size
    return path


def through_examples(a: Tensor, b: Tensor, examples: Tensor, nodes: int) -> Tensor:
    """The path (nodes + 1, ...) from a to its nearest of the examples (n, ...), through others to
    the one nearest to b, and to b, with the least sum of squared steps between examples.

    It goes round where the examples do, since two short steps cost less than one of their length
    (the power-weighted shortest path of Hwang, Damelin and Hero 2016). The path of least action has
    this form at low noise, if the law has an equally narrow Gaussian at each example: from one to
    the next, at the distance d, costs d^2 / (4 s^2), with s their standard deviation (twice the
    barrier; Freidlin and Wentzell 1984, chapter 6)."""
    ends = torch.stack([a, b]).flatten(1)
    apart = torch.cdist(ends, examples.flatten(1))
    near = apart.sum(0).argsort(stable=True)[:MOST]
    points, apart = examples[near], apart[:, near].cpu()
    first, last = apart.argmin(1).tolist()
    squares = torch.cdist(points.flatten(1), points.flatten(1)).square().cpu().numpy()
    before = dijkstra(squares, indices=first, return_predecessors=True)[1]
    route = [last]
    while route[-1] != first:
        route.append(int(before[route[-1]]))
    return resampled(torch.cat([a[None], points[route[::-1]], b[None]]), nodes)


@torch.no_grad()
def through_noise(
    denoiser: Denoiser, noise: float, a: Tensor, b: Tensor, nodes: int, seed: int
) -> Tensor:
    """A path (nodes + 1, ...) at sigma / alpha = `noise` through DEEP times this level: the same
    noise is added to both endpoints, they are joined by a great circle, and each node is denoised.
    The deviations at the endpoints are subtracted linearly along the path, so that these are
    exact."""
    schedule = denoiser.schedule
    deep_time = time_at(schedule, DEEP * noise)
    alpha, sigma = schedule(time_at(schedule, noise))
    deep_alpha, deep_sigma = schedule(deep_time)
    shrink = deep_alpha / alpha
    added = (deep_sigma**2 - (shrink * sigma) ** 2).sqrt() * streams(seed, range(1))(a[None])[0]
    deep = slerp(shrink * a + added, shrink * b + added, nodes)
    path = alpha * denoiser(deep, deep_time)
    return path + line(a - path[0], b - path[-1], nodes)


def bowed(path: Tensor, width: float, seed: int) -> Tensor:
    """A path (N + 1, ...) plus half a sine wave along a random direction, of that width, which
    breaks symmetries of the initial path."""
    n, direction = len(path) - 1, streams(seed, range(1))(path[:1])
    wave = torch.linspace(0, torch.pi, n + 1, dtype=torch.float64).sin().to(path)
    return path + width * wave.view(-1, *[1] * (path.ndim - 1)) * direction
