"""How often samples lie in the rare or withheld mode, in the other modes, and in none."""

import torch
from torch import Tensor

from scorefield.core.datasets import Layouts

NONE, DECOY = -1, -2  # of samples in no mode: elsewhere, or near the decoy
TRIES = 400  # rounds of rejection sampling


def share_error(share: float, n: int) -> float:
    """The standard error of a share among n independent samples."""
    error: float = (share * (1 - share) / n) ** 0.5
    return error


def discovery(rare_mode: float, off_mode: float, n: int) -> dict[str, float]:
    """The shares `rare_mode` (in the rare or withheld mode) and `off_mode` (in no mode) with the
    standard errors of n independent samples."""
    errors = {"rare_mode_se": share_error(rare_mode, n), "off_mode_se": share_error(off_mode, n)}
    return {"rare_mode": rare_mode, "off_mode": off_mode} | errors


def nearest_modes(x: Tensor, data: Layouts, within: float) -> Tensor:
    """The mode of samples (N, E, D) of layouts, (N, E): the nearest component if it is within so
    many standard deviations; else DECOY if the decoy is; else NONE."""
    mean, radius = data.mean, within * data.std
    distances = (x.double()[:, :, None] - mean).norm(dim=-1)
    distances[:, torch.arange(mean.shape[1]) >= data.size[:, None]] = torch.inf
    nearest, component = distances.min(-1)
    decoy = (x.double() - data.decoy).norm(dim=-1) <= radius
    return torch.where(nearest <= radius, component, torch.where(decoy, DECOY, NONE))


def mode_shares(mode: Tensor, data: Layouts, least: float = 0.2) -> dict[str, Tensor]:
    """Shares for each member (E,): `rare_mode`, of samples in the special mode; `off_mode`, of
    samples in no mode; `decoy`, of samples near the decoy (a part of `off_mode`), NaN where there
    is none; `coverage`, of ordinary modes that hold at least `least` times an equal part of
    samples."""

    def share(which: int) -> Tensor:
        return (mode == which).double().mean(0)

    every = torch.stack([share(k) for k in range(data.mean.shape[1])], -1)
    ordinary = data.size - 1
    reached = (every[:, 1:] >= least / ordinary[:, None]).double().sum(-1) / ordinary
    return {
        "rare_mode": every[:, 0],
        "off_mode": (mode < 0).double().mean(0),
        "decoy": torch.where(data.has_decoy, share(DECOY), torch.nan),
        "coverage": reached,
    }


def off_mode_points(points: Tensor, data: Layouts, generator: torch.Generator) -> Tensor:
    """Random points (N, E, D) outside of the special mode, each as far from the nearest ordinary
    mode as one of the given points (N, E, D): a score must tell the special mode from them."""
    mean, size, std = data.mean, data.size, data.std
    component, members = torch.arange(mean.shape[1]), torch.arange(mean.shape[0])
    ordinary = (component > 0) & (component < size[:, None])
    excluded = torch.where(ordinary, 0.0, torch.inf)

    def nearest(x: Tensor) -> Tensor:
        distances: Tensor = (x[:, :, None] - mean).norm(dim=-1) + excluded
        return distances.min(-1).values

    distance = nearest(points.double())
    drawn = torch.full_like(points, torch.nan, dtype=torch.float64)
    for _ in range(TRIES):
        k = 1 + (torch.rand(distance.shape, generator=generator) * (size - 1)).long()
        turn = torch.randn(points.shape, generator=generator, dtype=torch.float64)
        x = mean[members, k] + distance[..., None] * turn / turn.norm(dim=-1, keepdim=True)
        good = (nearest(x) > distance - 1e-9) & ((x - mean[:, 0]).norm(dim=-1) > 3 * std)
        take = good & drawn.isnan().any(-1)
        drawn = torch.where(take[..., None], x, drawn)
    return drawn.to(points)
