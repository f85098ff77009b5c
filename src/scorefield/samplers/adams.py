"""Adams-Bashforth and Adams-Moulton on the angle atan(sigma / alpha), with exact ends."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser, needs_mean
from scorefield.core.noise import Randn
from scorefield.core.schedule import Schedule
from scorefield.samplers._multistep import multistep, rising
from scorefield.samplers._spacing import Spacing, spaced

POINTS, WEIGHTS = (torch.from_numpy(found) for found in np.polynomial.legendre.leggauss(16))


def adams(
    denoiser: Denoiser,
    x: Tensor,
    times: Tensor,
    randn: Randn = torch.randn_like,
    *,
    order: Literal[1, 2, 3] = 3,
    spacing: Spacing = "angle",
) -> Iterator[Tensor]:
    """Yields x (B, ...) after each of the len(times) - 1 steps; one network call per step.

    Predictor and corrector as in UniPC, but x_0 is a polynomial in cos(phi) = alpha / sqrt(alpha^2
    + sigma^2) and not in log(alpha / sigma). Along the flow x_0 is smooth in cos(phi) at pure noise
    and at the data alike, where the logarithm is infinite, so that no step needs a lower order.
    Raises InputError for a denoiser that draws.
    """
    needs_mean(denoiser, "adams")
    grid = spaced(denoiser.schedule, times, spacing)
    return multistep(denoiser, x, grid, cosines, rising(order, len(grid) - 1), corrected=True)


def cosines(schedule: Schedule, times: Tensor, t: Tensor, s: Tensor) -> Tensor:
    """The rule of a polynomial in cos(phi): sigma_s times the integral of x_0 / sin^2(phi) over phi
    from s to t, by Gauss's quadrature in y = log tan(phi / 2); at sigma_s = 0 it is alpha_s times
    the polynomial's value there."""
    alpha, sigma = schedule(torch.cat([times, torch.stack([t, s])]))
    angle = torch.atan2(sigma, alpha)
    nodes = angle[:-2].cos()
    if sigma[-1] == 0:
        return alpha[-1] * lagrange(nodes, torch.ones_like(angle[-1:]))[:, 0]
    above, below = (angle[-2:] / 2).tan().log()
    half = (above - below) / 2
    y = below + half * (1 + POINTS.to(angle))
    return sigma[-1] * half * lagrange(nodes, -y.tanh()) @ (WEIGHTS.to(angle) * y.cosh())


def lagrange(nodes: Tensor, at: Tensor) -> Tensor:
    """Lagrange's polynomials of the nodes (K,) at points (Q,), shape (K, Q)."""
    others = ~torch.eye(len(nodes), dtype=torch.bool, device=nodes.device)
    apart = (nodes[:, None] - nodes).where(others, 1)
    factors = (at[:, None, None] - nodes) / apart
    return factors.where(others, 1).prod(-1).T
