"""An interval of noise levels, absolute or in units of the spread of a law; and that spread, read
from a denoiser."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from warnings import warn

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser, origin, posterior_mean
from scorefield.core.model import shape_of
from scorefield.core.schedule import Schedule, time_at

HIGHEST, ABOVE, ROUNDS = 1000.0, 3.0, 24  # the first noise level; the last, in spreads; at most
NUMBERS, LEAST_ROWS = 1024, 8  # of noise that a level takes: in all, and rows at least
MOST_GAIN, CLOSE = 0.5, 0.05  # of x_0-hat at a level that is read; when to stop

Unit = Callable[[Tensor], float]


def absolute(x: Tensor) -> float:
    """1: a unit of noise levels that are absolute."""
    return 1.0


@dataclass(frozen=True, eq=False)
class Interval:
    """Noise levels sigma / alpha from `low` to `high`, in units of `unit(x)`, a function of any
    batch x."""

    low: float = 0.0
    high: float = inf
    unit: Unit = absolute

    def holds(self, schedule: Schedule, x: Tensor, t: Tensor) -> Tensor:
        """Whether the noise level of t lies in the interval, of t's shape."""
        alpha, sigma = schedule(t)
        unit = self.unit(x)
        return (self.low * unit * alpha <= sigma) & (sigma <= self.high * unit * alpha)


def in_spreads(denoiser: Denoiser, low: float, high: float, given: float = 0.0) -> Interval:
    """The interval [low, high] in units of a spread: the `given` one, or where that is 0, the
    `spread` of what the denoiser was made from, measured once, at the first call."""
    known = [given] if given else []

    def unit(x: Tensor) -> float:
        if not known:
            known.append(spread(denoiser, x))
        return known[0]

    return Interval(low, high, unit)


@torch.no_grad()
def spread(denoiser: Denoiser, like: Tensor) -> float:
    """The standard deviation of the law of a denoiser along its wide directions: nearly the root of
    tr C^2 / tr C for a law of covariance C, the mean of C's eigenvalues weighted by themselves.

    Directions without variance do not count, and of an ensemble all laws do. It falls from very
    high noise, where networks are poor, to noise of 3 spreads, and reads the spread there, see
    `gain_at`; it is exact for an isotropic Gaussian. About 150 network calls of one image, or
    10,000 of a point, with noise that is always the same. `like` is a batch of the type and device
    of the samples. Guidance and the condition are left out. Where nothing is found, as for an
    untrained network or a law wider than 1,000, it warns and gives 1.
    """
    model, noise = posterior_mean(origin(denoiser)), HIGHEST
    shape = shape_of(model) or tuple(like.shape[1:])
    rows = max(LEAST_ROWS, NUMBERS // torch.Size(shape).numel())
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(rows, *shape, generator=generator, dtype=torch.float64).to(like)
    centre = torch.zeros_like(z[0])
    for _ in range(ROUNDS):
        r, gain, centre = gain_at(model, noise, z, centre)
        if not 0 < gain < MOST_GAIN:
            noise = r / 2
            continue
        found = r * float((gain / (1 - gain)) ** 0.5)
        if abs(ABOVE * found - r) < CLOSE * r:
            return found
        noise = ABOVE * found
    warn(
        "the spread of the data cannot be read from this denoiser: 1 is taken; give `spread`",
        stacklevel=2,
    )
    return 1.0


def gain_at(
    model: Denoiser, noise: float, z: Tensor, centre: Tensor
) -> tuple[float, float, Tensor]:
    """The noise level r that is nearest to `noise`, the gain of x_0-hat there from noise z
    (B, ...), and the mean x_0-hat, near an earlier one, `centre`.

    Far above the spread x_0-hat is the mean plus C z / r for x_t / alpha = mean + r z. So it moves
    by a = C z / r between -z and z, and the gain |a|^2 / (r z a) is tr C^2 / (r^2 tr C). Of a
    Gaussian with C = s^2 it is s^2 / (s^2 + r^2) at any r.
    """
    t = time_at(model.schedule, noise).to(z)
    alpha, sigma = model.schedule(t)
    up, down = (model(alpha * centre + sign * sigma * z, t).cpu().double() for sign in (1, -1))
    r, moved = (sigma / alpha).item(), (up - down) / 2
    gain = moved.square().sum() / (r * (z.cpu() * moved).sum())
    return r, gain.item(), ((up + down) / 2).mean(0).to(z)
