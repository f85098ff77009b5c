"""Log-densities of a denoiser by the probability-flow ODE."""

from collections.abc import Callable
from itertools import pairwise
from math import log

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser, needs_mean
from scorefield.core.schedule import time_at

SMALL = 8  # dimensions up to which the divergence is exact
TOP = 40.0  # the noise level at which the noised data are taken as Gaussian

Slope = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]  # (z, log rho) -> dz and d log p


def flow_log_prob(
    denoiser: Denoiser,
    x: Tensor,
    t: Tensor | float,
    prior: tuple[Tensor, Tensor],
    *,
    steps: int = 50,
    probes: int = 1,
    seed: int = 0,
) -> Tensor:
    """log p_t(x) in nats, (B,), of rows x (B, ...) at one time t (Song et al. 2021).

    With z = x / alpha and rho = sigma / alpha, Heun's method in log rho integrates dz/drho = (z -
    D) / rho up to rho = TOP. There p is Gaussian with `prior`, the mean (d,) and the covariance (d,
    d) of the data. The divergence of D is exact in up to eight dimensions; else it is estimated by
    `probes` random sign vectors, the same for all rows and steps (Hutchinson 1990). Two network
    calls per step, each with `probes` backward calls. Raises InputError for a denoiser that draws.
    """
    needs_mean(denoiser, "a likelihood")
    x = x.double()
    alpha, sigma = denoiser.schedule.at(t, x)
    signs = directions(x, probes, seed)

    def slope(at: Tensor, log_rho: Tensor) -> tuple[Tensor, Tensor]:
        """dz and d log p / d log rho."""
        mean, trace = traced(denoiser, at, log_rho.exp(), signs)
        return at - mean, x[0].numel() - trace

    start = (sigma / alpha).log().item()
    grid = torch.linspace(start, log(TOP), steps + 1, dtype=torch.float64)
    z, gained = integrated(slope, x / alpha, grid)
    return gaussian_log_prob(z, prior) + gained - x[0].numel() * alpha.log()


def integrated(slope: Slope, z: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """The final z (B, ...) and the integral of d log p, (B,), by Heun's method."""
    gained = torch.zeros(len(z), dtype=torch.float64, device=z.device)
    for low, high in pairwise(grid):
        h = high - low
        first, more = slope(z, low)
        second, later = slope(z + h * first, high)
        z, gained = z + h * (first + second) / 2, gained + h * (more + later) / 2
    return z, gained


def gaussian_log_prob(z: Tensor, prior: tuple[Tensor, Tensor]) -> Tensor:
    """log p of z (B, ...) under a Gaussian, (mean, covariance), at the noise level TOP, (B,)."""
    mean, cov = (part.double().to(z.device) for part in prior)
    noised = cov + TOP**2 * torch.eye(len(mean), dtype=torch.float64, device=z.device)
    found: Tensor = torch.distributions.MultivariateNormal(mean, noised).log_prob(z.flatten(1))
    return found


def directions(x: Tensor, probes: int, seed: int) -> Tensor:
    """Vectors (K, ...) of the shape of one row of x; the mean of their outer products is the
    identity, exactly or in expectation."""
    shape, d = x.shape[1:], x[0].numel()
    if d <= SMALL:
        axes: Tensor = d**0.5 * torch.eye(d, dtype=torch.float64, device=x.device)
        return axes.view(d, *shape)
    generator = torch.Generator().manual_seed(seed)
    signs = torch.randint(2, (probes, *shape), generator=generator)
    return (2.0 * signs - 1).double().to(x.device)


def traced(denoiser: Denoiser, z: Tensor, rho: Tensor, signs: Tensor) -> tuple[Tensor, Tensor]:
    """The denoiser at x = alpha z, and the trace of its Jacobian in z, (B,)."""
    t = time_at(denoiser.schedule, rho)
    total = torch.zeros(len(z), dtype=z.dtype, device=z.device)
    with torch.enable_grad():
        at = z.detach().requires_grad_()
        mean = denoiser(denoiser.schedule.alpha(t) * at, t)
        for v in signs:
            (slope,) = torch.autograd.grad((mean * v).sum(), at, retain_graph=True)
            total = total + (slope * v).flatten(1).sum(1)
    return mean.detach(), total / len(signs)
