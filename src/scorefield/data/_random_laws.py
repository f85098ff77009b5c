"""Families of random mixtures that are no layout of the default data, scaled to a spread of 1."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.data.layouts import inside, padded

Modes = tuple[Tensor, Tensor, Tensor]  # weights (K,), means (K, D), covariances (K, D, D)
PLACES = ("inside", "edge")  # of the rare mode: in the convex hull of the others, or not
TRIES = 1000  # of a law


@dataclass(frozen=True, eq=False)
class RandomLaw:
    """A law whose component 0 is the rare mode, its family and the place of that mode."""

    family: str
    place: str
    law: Mixture


def apart(n: int, dim: int, reach: float, gaps: Tensor, generator: torch.Generator) -> Tensor:
    """Points (n, dim) in a cube of half side `reach`, i and j at least gaps (n, n) apart."""
    found = torch.empty(0, dim, dtype=torch.float64)
    for _ in range(TRIES):
        fresh = reach * (2 * torch.rand(1, dim, generator=generator, dtype=torch.float64) - 1)
        near = torch.cdist(fresh, found)[0] < gaps[len(found), : len(found)]
        found = found if near.any() else torch.cat([found, fresh])
        if len(found) == n:
            return found
    raise InputError(f"random laws: {n} modes do not fit")


def isotropic(mean: Tensor, std: Tensor | float) -> Modes:
    """Equal modes of standard deviations std, () or (K,)."""
    k, dim = mean.shape
    variance = torch.as_tensor(std, dtype=torch.float64).square().expand(k)
    eye = torch.eye(dim, dtype=torch.float64)
    return torch.ones(k, dtype=torch.float64), mean, variance[:, None, None] * eye


def spiral(dim: int, generator: torch.Generator) -> Modes:
    """12 modes on an arm of a spiral; in 3-D it rises."""
    along = torch.linspace(0.6, 3.6, 12, dtype=torch.float64)
    parts = [along * (3 * along).cos(), along * (3 * along).sin(), 1.5 * (along - 2)][:dim]
    jitter = 0.15 * torch.randn(12, dim, generator=generator, dtype=torch.float64)
    return isotropic(torch.stack(parts, 1) + jitter, 0.2)


def discs(dim: int, generator: torch.Generator) -> Modes:
    """10 modes of standard deviations from .1 to .45, further apart where they are wide."""
    std = 0.1 + 0.35 * torch.rand(10, generator=generator, dtype=torch.float64)
    return isotropic(apart(10, dim, 4.0, 3.5 * (std[:, None] + std), generator), std)


def anisotropic(dim: int, generator: torch.Generator) -> Modes:
    """10 ellipses: standard deviations from .1 to .5 along axes of random directions."""
    weight, mean, _ = isotropic(apart(10, dim, 4.0, torch.full((10, 10), 1.7), generator), 1.0)
    basis = torch.linalg.qr(
        torch.randn(10, dim, dim, generator=generator, dtype=torch.float64)
    ).Q.contiguous()
    variance = (0.1 + 0.4 * torch.rand(10, 1, dim, generator=generator).double()).square()
    return weight, mean, (basis * variance) @ basis.mT


def dirichlet(dim: int, generator: torch.Generator) -> Modes:
    """11 modes whose weights are uniform on the simplex."""
    _, mean, cov = isotropic(apart(11, dim, 4.0, torch.full((11, 11), 1.5), generator), 0.2)
    weight = -torch.rand(11, generator=generator, dtype=torch.float64).clamp_min(1e-6).log()
    return weight, mean, cov


def crowded(dim: int, generator: torch.Generator) -> Modes:
    """24 narrow modes close to each other."""
    return isotropic(apart(24, dim, 3.0, torch.full((24, 24), 0.8), generator), 0.15)


FAMILIES: dict[str, Callable[[int, torch.Generator], Modes]] = {
    "spiral": spiral,
    "discs": discs,
    "anisotropic": anisotropic,
    "dirichlet": dirichlet,
    "crowded": crowded,
}


def random_law(
    family: str, place: str, dim: int, rare: float, generator: torch.Generator
) -> RandomLaw:
    """A law of a family in 2 or 3 dimensions; a mode at a place, drawn at random, is its rare
    one."""
    for _ in range(TRIES):
        try:
            weight, mean, cov = FAMILIES[family](dim, generator)
        except InputError:
            continue
        k = int(torch.randint(len(mean), (), generator=generator))
        order = torch.tensor([k, *(i for i in range(len(mean)) if i != k)])
        weight, mean, cov = weight[order], mean[order], cov[order]
        if PLACES[1 - inside(mean)] == place:
            share = torch.cat([torch.tensor([rare]), (1 - rare) * weight[1:] / weight[1:].sum()])
            return RandomLaw(family, place, scaled(Mixture(share.double(), mean, cov)))
    raise InputError(f"random laws: {family} has no rare mode at the place {place}")


def scaled(law: Mixture) -> Mixture:
    """The law with mean 0 and spread 1, the root of tr C^2 / tr C of its covariance C."""
    centred = law.mean - law.weight @ law.mean
    whole = torch.einsum("k,kij->ij", law.weight, law.cov + centred[:, :, None] * centred[:, None])
    variance = whole.square().sum() / whole.trace()
    return Mixture(law.weight, centred / variance.sqrt(), law.cov / variance)


def side_by_side(laws: list[Mixture]) -> Mixture:
    """Laws with parts (E, K, ...), padded with components of weight 0."""
    most = max(len(law.weight) for law in laws)
    parts = (
        torch.stack([padded(getattr(law, key), most) for law in laws])
        for key in ("weight", "mean", "cov")
    )
    return Mixture(*parts)
