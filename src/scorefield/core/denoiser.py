"""The denoiser, the one currency of this library, and what is read off it.

Shapes: x is (B, ...) and t broadcasts against it: () or (B, 1, ..., 1).
"""

from collections.abc import Callable
from math import prod

import torch
from torch import Tensor, nn
from torch.func import jvp

from scorefield.core.errors import InputError
from scorefield.core.schedule import Schedule

Denoiser = Callable[[Tensor, Tensor], Tensor]  # (x_t, t) -> x_0: its posterior mean, or a draw


def needs_mean(denoiser: Denoiser, who: str) -> None:
    """Raise InputError for a denoiser that draws x_0 where its posterior mean is needed."""
    if getattr(denoiser, "draws", False):
        raise InputError(
            f"{who} needs the posterior mean, but this model draws from the posterior; "
            "`guidance: mean` averages its draws"
        )


def noise(denoiser: Denoiser, schedule: Schedule, x: Tensor, t: Tensor) -> Tensor:
    """The z in x_t = alpha x_0 + sigma z; needs sigma(t) > 0."""
    needs_mean(denoiser, "a score")
    alpha, sigma = schedule(t)
    return (x - alpha * denoiser(x, t)) / sigma


def score(denoiser: Denoiser, schedule: Schedule, x: Tensor, t: Tensor) -> Tensor:
    """The gradient of log p_t at x, by Tweedie's formula; needs sigma(t) > 0."""
    return -noise(denoiser, schedule, x, t) / schedule.sigma(t)


def velocity(denoiser: Denoiser, schedule: Schedule, x: Tensor, t: Tensor) -> Tensor:
    """dx/dt of the probability-flow ODE (Song et al. 2021): alpha' x_0 + sigma' z."""
    needs_mean(denoiser, "a velocity")
    (alpha, sigma), (dalpha, dsigma) = jvp(schedule, (t,), (torch.ones_like(t),))
    x0 = denoiser(x, t)
    return dalpha * x0 + dsigma * (x - alpha * x0) / sigma


def slope(denoiser: Denoiser, x: Tensor, t: Tensor, v: Tensor, h: Tensor | float) -> Tensor:
    """The derivative of x_0 in x_t along v, of x's shape, by central differences of width 2 h."""
    return (denoiser(x + h * v, t) - denoiser(x - h * v, t)) / (2 * h)


READ = {
    "x0": lambda out, x, alpha, sigma: out,
    "eps": lambda out, x, alpha, sigma: (x - sigma * out) / alpha,
    "v": lambda out, x, alpha, sigma: (alpha * x - sigma * out) / (alpha**2 + sigma**2),
}
WEIGHT = {
    "x0": lambda alpha, sigma: torch.ones_like(sigma),
    "eps": lambda alpha, sigma: (alpha / sigma) ** 2,
    "v": lambda alpha, sigma: ((alpha**2 + sigma**2) / sigma) ** 2,
}


class Model(nn.Module):
    """A network read as a denoiser; `predict` says what it puts out: x0, eps (Ho et al. 2020) or
    v = alpha eps - sigma x0 (Salimans and Ho 2022).

    `shape` is that of one sample, `calls` counts evaluations of the network. With `draws` the
    network takes noise xi of x's shape, joined to x along the channels, and x_0 is a draw from the
    posterior (De Bortoli et al. 2025); `randn` is where xi comes from, `given` what each sample is
    to match: a ratio's images, the labels of a network that is `labelled`. A network that has a
    `predict` of its own keeps it (the exact mixture puts out x0). Reading eps divides by alpha:
    raises InputError for a schedule whose alpha vanishes at pure noise.
    """

    def __init__(
        self,
        net: nn.Module,
        schedule: Schedule,
        predict: str,
        shape: list[int],
        draws: bool = False,
    ) -> None:
        super().__init__()
        self.net, self.schedule, self.shape, self.calls = net, schedule, shape, 0
        self.draws, self.randn, self.given = draws, torch.randn_like, None
        self.predict = getattr(net, "predict", predict)
        if self.predict == "eps" and schedule.alpha(torch.ones(())) < 1e-6:
            raise InputError("predict: eps needs a schedule with alpha(1) > 0 (ddpm); or use v, x0")

    def forward(self, x: Tensor, t: Tensor, xi: Tensor | None = None) -> Tensor:
        self.calls += 1
        alpha, sigma = self.schedule(t)
        given = x
        if self.draws:
            given = torch.cat([x, self.randn(x) if xi is None else xi], 1)
        hear = getattr(self.net, "heard", lambda labels: labels)
        told = (hear(self.given),) if getattr(self.net, "labelled", False) else ()
        return READ[self.predict](self.net(given, t, *told), x, alpha, sigma)


def averaged(model: Model, draws: int) -> Denoiser:
    """The posterior mean of a model that draws, as the average over fixed quasi-random xi.

    The xi are a scrambled Sobol set (Owen 1998), the same for every sample and call, so that the
    mean is one smooth function of x; `draws` network calls each. A model that does not draw is its
    own mean.
    """
    if not model.draws:
        return model
    sobol = torch.quasirandom.SobolEngine(prod(model.shape), scramble=True, seed=0)
    uniform = sobol.draw(draws, dtype=torch.float64).clamp(1e-9, 1 - 1e-9)
    xis = torch.special.ndtri(uniform).view(draws, 1, *model.shape)

    def mean(x: Tensor, t: Tensor) -> Tensor:
        return sum(model(x, t, xi.to(x).expand_as(x)) for xi in xis) / draws

    return mean


def by_row(denoiser: Denoiser) -> Denoiser:
    """A denoiser of rows (B E, D) on the points (B, E, D) of E members; others as they are."""

    def apart(x: Tensor, t: Tensor) -> Tensor:
        return denoiser(x.flatten(0, 1), t).view_as(x) if x.ndim == 3 else denoiser(x, t)

    return apart
