"""Many layouts of modes, each in two regimes, so that figures have standard errors."""

import torch
from scipy.spatial import ConvexHull
from torch import Tensor

from scorefield.core.bounds import Below1, Enough, Natural, Seed
from scorefield.data._points import grid, isotropic, line, ring, square

KIND = "layouts"
REGIMES = ("withheld", "rare")
PAIRS, REACH = 6, 4.0  # of a random layout: pairs of centres c, -c; coordinates in [-REACH, REACH]
APART, STD = 1.5, 0.2  # of a random layout: the least distance of centres; standard deviation


def layouts(
    *,
    random: Natural = 30,
    rare: Below1 = 0.01,
    train: Enough = 32768,
    validation: Enough = 1024,
    test: Enough = 1024,
    seed: Seed = 1,
) -> dict[str, Tensor]:
    """Points (N, E, 2) of E = 2 (6 + random) members, each from a law of its own.

    A member is a layout in a regime: its special mode, component 0, is withheld, or has the weight
    `rare`. The named layouts are those of `modes`, and line and
    grid also with an end or a corner as the special mode. A random layout has 11 modes of standard
    deviation .2, at least 1.5 apart: pairs c, -c, except that -c of the special mode, the decoy, is
    not a mode in any regime. `mixture.*` (E, K, ...) are all laws, `size` (E,) is the number of
    modes; `regime`, `layout` and `interior` (special mode inside the hull of the others) are (E,);
    `decoy` is (E, 2), NaN where there is none.
    """
    generator = torch.Generator().manual_seed(seed)
    plans = [*named(), *(drawn(generator) for _ in range(random))]
    members = [(plan, regime) for regime in range(len(REGIMES)) for plan in plans]
    laws = [isotropic(weights(len(mean), rare, r), mean, std) for (mean, std, _), r in members]
    sizes = {"train": train, "validation": validation, "test": test}
    made = {
        split: torch.stack([law.sample(n, generator)[0].float() for law in laws], 1)
        for split, n in sizes.items()
    }
    most = max(len(law.weight) for law in laws)
    for key in ("weight", "mean", "cov"):
        made[f"mixture.{key}"] = torch.stack([padded(getattr(law, key), most) for law in laws])
    made["size"] = torch.tensor([len(law.weight) for law in laws])
    made["regime"] = torch.tensor([regime for _, regime in members])
    made["layout"] = torch.arange(len(plans)).repeat(len(REGIMES))
    made["interior"] = torch.tensor([inside(mean) for (mean, _, _), _ in members])
    made["decoy"] = torch.stack([decoy for (_, _, decoy), _ in members])
    return made


def named() -> list[tuple[Tensor, float, Tensor]]:
    """Centres with the special one first, standard deviation, decoy."""
    no_decoy = torch.full((2,), torch.nan)
    found = []
    for layout, special in ((grid, 12), (line, 2), (ring, 0), (square, 0), (line, 0), (grid, 0)):
        mean, std, _ = layout()
        order = [special, *(k for k in range(len(mean)) if k != special)]
        found.append((mean[order], std, no_decoy))
    return found


def drawn(generator: torch.Generator) -> tuple[Tensor, float, Tensor]:
    """A random layout, by rejection sampling: centres, standard deviation, decoy."""
    mean = torch.empty(0, 2)
    while len(mean) < 2 * PAIRS:
        c = REACH * (2 * torch.rand(1, 2, generator=generator) - 1)
        fresh = torch.cat([c, -c])
        if torch.pdist(torch.cat([mean, fresh])).min() > APART:
            mean = torch.cat([mean, fresh])
    keep = [0, *range(2, 2 * PAIRS)]
    return mean[keep], STD, mean[1]


def weights(modes: int, rare: float, regime: int) -> Tensor:
    """The weights (modes,) of a layout in a regime, an index of REGIMES."""
    special = (0.0, rare)[regime]
    share = torch.full((modes,), (1 - special) / (modes - 1), dtype=torch.float64)
    share[0] = special
    return share


def padded(parts: Tensor, most: int) -> Tensor:
    """Weights, means or covariances (K, ...), padded to (most, ...) with components of weight 0."""
    missing = most - len(parts)
    more = torch.zeros_like(parts[:1]) if parts.ndim < 3 else parts[:1]
    return torch.cat([parts, more.expand(missing, *more.shape[1:])])


def inside(mean: Tensor) -> bool:
    """Whether the first centre lies in the convex hull of the others or on its edge."""
    others = mean[1:].double()
    if torch.linalg.matrix_rank(others - others[0]) < others.shape[1]:
        along = (others - others[0])[-1]
        place = (mean.double() - others[0]) @ along
        return bool(place[1:].min() <= place[0] <= place[1:].max())
    facets = torch.from_numpy(ConvexHull(others.numpy()).equations)
    return bool((facets[:, :-1] @ mean[0].double() + facets[:, -1] <= 1e-9).all())
