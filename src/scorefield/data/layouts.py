"""Many layouts of modes side by side, each in three regimes, for tables with errors."""

import torch
from scipy.spatial import ConvexHull
from torch import Tensor

from scorefield.core.bounds import Below1, Count, Natural, Seed
from scorefield.core.points import grid, isotropic, line, ring, square

REGIMES = ("withheld", "rare", "none")
PAIRS, REACH, APART, STD = 6, 4.0, 1.5, 0.2  # of a random layout


def layouts(
    *,
    random: Natural = 18,
    rare: Below1 = 0.01,
    train: Count = 32768,
    validation: Count = 1024,
    test: Count = 1024,
    seed: Seed = 1,
) -> dict[str, Tensor]:
    """Points (N, E, 2) of E = 3 (6 + random) members, drawn from the law of each.

    A member is a layout in a regime: its special mode, component 0, is withheld, has the share
    `rare`, or weighs as much as the others. The named layouts are those of `modes`, line and grid
    also with an end or corner as the special mode; a random one has 11 modes of std .2, at least
    1.5 apart: pairs c, -c, but for the special mode, whose mirror image, the decoy, is in no regime
    a mode. `mixture.*` (E, K, ...) hold all laws, `size` (E,) the number of modes, `regime`,
    `layout`, `interior` (special mode inside the hull of the others) (E,), and `decoy` (E, 2),
    not a number where there is none.
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
    none = torch.full((2,), torch.nan)
    found = []
    for layout, special in ((grid, 12), (line, 2), (ring, 0), (square, 0), (line, 0), (grid, 0)):
        mean, std, _ = layout()
        order = [special, *(k for k in range(len(mean)) if k != special)]
        found.append((mean[order], std, none))
    return found


def drawn(generator: torch.Generator) -> tuple[Tensor, float, Tensor]:
    """A random layout, one by one with rejection."""
    mean = torch.empty(0, 2)
    while len(mean) < 2 * PAIRS:
        c = REACH * (2 * torch.rand(1, 2, generator=generator) - 1)
        fresh = torch.cat([c, -c])
        if torch.pdist(torch.cat([mean, fresh])).min() > APART:
            mean = torch.cat([mean, fresh])
    keep = [0, *range(2, 2 * PAIRS)]
    return mean[keep], STD, mean[1]


def weights(modes: int, rare: float, regime: int) -> Tensor:
    special = (0.0, rare, 1 / modes)[regime]
    share = torch.full((modes,), (1 - special) / (modes - 1), dtype=torch.float64)
    share[0] = special
    return share


def padded(parts: Tensor, most: int) -> Tensor:
    """With components of weight 0 at the end; their place and spread do not matter."""
    missing = most - len(parts)
    more = torch.zeros_like(parts[:1]) if parts.ndim < 3 else parts[:1]
    return torch.cat([parts, more.expand(missing, *more.shape[1:])])


def inside(mean: Tensor) -> bool:
    """Whether the first centre lies within the convex hull of the others, edge included."""
    others = mean[1:].double()
    if torch.linalg.matrix_rank(others - others[0]) < 2:
        along = (others - others[0])[-1]
        place = (mean.double() - others[0]) @ along
        return bool(place[1:].min() <= place[0] <= place[1:].max())
    facets = torch.from_numpy(ConvexHull(others.numpy()).equations)
    return bool((facets[:, :2] @ mean[0].double() + facets[:, 2] <= 1e-9).all())
