"""Log-densities of a denoiser by its probability-flow ODE."""

from itertools import pairwise
from math import log

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser
from scorefield.core.schedule import Schedule, time_at

SMALL = 8  # dimensions up to which the divergence is exact
TOP = 40.0  # the noise level where the law counts as Gaussian


def flow_log_prob(
    denoiser: Denoiser,
    schedule: Schedule,
    x: Tensor,
    t: Tensor,
    prior: tuple[Tensor, Tensor],
    *,
    steps: int,
    probes: int,
    seed: int = 0,
) -> Tensor:
    """log p_t(x) in nats, (B,), x (B, ...) (Song et al. 2021); with z = x / alpha and
    rho = sigma / alpha it integrates dz/drho = (z - D) / rho up to rho = TOP, where p is Gaussian
    with the data's mean (d,) and covariance (d, d), the prior, by Heun's method in log rho.

    The divergence of D is exact in up to eight dimensions, else by `probes` random signs, the same
    for all rows and steps (Hutchinson 1990). Two network calls a step, with as many backwards as
    probes.
    """
    alpha, sigma = schedule(t.double())
    d, z = x[0].numel(), (x.double() / alpha)
    ends = (sigma / alpha).log().item(), log(TOP)
    grid = torch.linspace(*ends, steps + 1, dtype=torch.float64)
    signs = directions(x, probes, seed)

    def slope(at: Tensor, log_rho: Tensor) -> tuple[Tensor, Tensor]:
        """dz and d log p / d log rho."""
        mean, trace = traced(denoiser, schedule, at, log_rho.exp(), signs)
        return at - mean, d - trace

    gained = torch.zeros(len(x), dtype=torch.float64, device=x.device)
    for low, high in pairwise(grid):
        h = high - low
        first, more = slope(z, low)
        second, later = slope(z + h * first, high)
        z, gained = z + h * (first + second) / 2, gained + h * (more + later) / 2
    mean, cov = (part.double().to(z.device) for part in prior)
    noised = cov + TOP**2 * torch.eye(d, dtype=torch.float64, device=z.device)
    end = torch.distributions.MultivariateNormal(mean, noised).log_prob(z.flatten(1))
    return end + gained - d * alpha.log()


def directions(x: Tensor, probes: int, seed: int) -> Tensor:
    """Vectors (K, ...) of x's row shape whose outer products have the mean of the identity."""
    shape, d = x.shape[1:], x[0].numel()
    if d <= SMALL:
        return d**0.5 * torch.eye(d, dtype=torch.float64, device=x.device).view(d, *shape)
    generator = torch.Generator().manual_seed(seed)
    signs = torch.randint(2, (probes, *shape), generator=generator)
    return (2.0 * signs - 1).double().to(x.device)


def traced(
    denoiser: Denoiser, schedule: Schedule, z: Tensor, rho: Tensor, signs: Tensor
) -> tuple[Tensor, Tensor]:
    """The denoiser at x = alpha z, and the trace of its slope in z."""
    t = time_at(schedule, rho)
    with torch.enable_grad():
        at = z.detach().requires_grad_()
        mean = denoiser(schedule.alpha(t) * at, t)
        each = [
            (torch.autograd.grad((mean * v).sum(), at, retain_graph=True)[0] * v).flatten(1).sum(1)
            for v in signs
        ]
    return mean.detach(), sum(each) / len(signs)
