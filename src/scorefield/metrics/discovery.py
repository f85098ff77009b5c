"""What a model that was steered finds: the special mode, junk, and the modes it knew."""

import torch
from torch import Tensor

from scorefield.core.datasets import Layouts

NONE, DECOY = -1, -2
TRIES = 400  # at junk for one point; rejected ones are drawn again


def share_error(share: float, n: int) -> float:
    """The standard error of a share among n independent samples."""
    error: float = (share * (1 - share) / n) ** 0.5
    return error


def discovery(hit: float, junk: float, n: int) -> dict[str, float]:
    """The share of samples in the rare or withheld mode and outside of all, with the standard
    errors of n independent samples."""
    errors = {"hit_se": share_error(hit, n), "junk_se": share_error(junk, n)}
    return {"hit": hit, "junk": junk} | errors


def places(x: Tensor, data: Layouts, within: float) -> Tensor:
    """Where samples (N, E, D) of layouts lie, (N, E): the nearest component, within so many
    standard deviations, else DECOY where the decoy is so near, else NONE."""
    mean, reach = data.mean, within * data.std
    far = (x.double()[:, :, None] - mean).norm(dim=-1)
    far[:, torch.arange(mean.shape[1]) >= data.size[:, None]] = torch.inf
    nearest, component = far.min(-1)
    decoy = (x.double() - data.decoy).norm(dim=-1) <= reach
    return torch.where(nearest <= reach, component, torch.where(decoy, DECOY, NONE))


def found(place: Tensor, data: Layouts, least: float = 0.2) -> dict[str, Tensor]:
    """Per member (E,): the shares `hit` of the special mode, `junk` outside of every mode, `decoy`
    around the decoy (a part of junk, not a number where there is none), and `coverage`, the share
    of ordinary modes that get at least `least` of an equal share."""

    def share(where: int) -> Tensor:
        return (place == where).double().mean(0)

    every = torch.stack([share(k) for k in range(data.mean.shape[1])], -1)
    ordinary = data.size - 1
    reached = (every[:, 1:] >= least / ordinary[:, None]).double().sum(-1) / ordinary
    return {
        "hit": every[:, 0],
        "junk": (place < 0).double().mean(0),
        "decoy": torch.where(data.has_decoy, share(DECOY), torch.nan),
        "coverage": reached,
    }


def matched(held: Tensor, data: Layouts, generator: torch.Generator) -> Tensor:
    """Junk as far from the nearest ordinary mode as each of the points (N, E, D), in a direction
    of its own, and outside of the special mode: what a score must not confuse with it."""
    mean, size, std = data.mean, data.size, data.std
    component, members = torch.arange(mean.shape[1]), torch.arange(mean.shape[0])
    ordinary = (component > 0) & (component < size[:, None])
    barred = torch.where(ordinary, 0.0, torch.inf)

    def nearest(x: Tensor) -> Tensor:
        far: Tensor = (x[:, :, None] - mean).norm(dim=-1) + barred
        return far.min(-1).values

    expected = nearest(held.double())
    junk = torch.full_like(held, torch.nan, dtype=torch.float64)
    for _ in range(TRIES):
        k = 1 + (torch.rand(expected.shape, generator=generator) * (size - 1)).long()
        turn = torch.randn(held.shape, generator=generator, dtype=torch.float64)
        x = mean[members, k] + expected[..., None] * turn / turn.norm(dim=-1, keepdim=True)
        good = (nearest(x) > expected - 1e-9) & ((x - mean[:, 0]).norm(dim=-1) > 3 * std)
        take = good & junk.isnan().any(-1)
        junk = torch.where(take[..., None], x, junk)
    return junk.to(held)
