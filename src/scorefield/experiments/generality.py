"""IBG and its controls on laws that are in no layout: families of random mixtures, in 2 and 3
dimensions and on a flat surface in more, with exact denoisers."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pandas
import torch
from scipy.stats import chi2
from torch import Tensor
from tqdm import tqdm

from scorefield.core.bounds import Below1, Count, Positive, Seed, Several
from scorefield.core.by_row import by_row
from scorefield.core.denoiser import Counter, Denoiser, Plain
from scorefield.core.model import Model
from scorefield.core.schedule import cosine
from scorefield.data._random_laws import FAMILIES, PLACES, RandomLaw, random_law, side_by_side
from scorefield.experiments.sampling import Plan, draw
from scorefield.guidance.ibg import ibg
from scorefield.guidance.minus_score import minus_score
from scorefield.guidance.random import random
from scorefield.instability.frobenius import frobenius
from scorefield.nets.exact import Exact
from scorefield.samplers.ancestral import ancestral

DIMS = (2, 3, 8, 16, 64)
GUIDANCE: dict[str, Callable[..., Denoiser]] = {  # at its defaults
    "ibg": partial(ibg, score=frobenius),  # imported, so that the hash of the stage holds the score
    "random": random,
    "minus_score": minus_score,
}
CELLS = (
    *(("ibg", 1.0), ("ibg", 2.0), ("ibg", 4.0), ("random", 1.0), ("random", 2.0)),
    *(("minus_score", 1.0), ("minus_score", 2.0)),
)
TYPICAL = 0.999  # share of a component within the radius that counts as in it
LEAST = 0.2  # of a mode's weight, from which on samples reach it


def generality(
    *,
    laws: Count = 4,
    rare: Below1 = 0.01,
    width: Positive = 0.05,
    n: Several = 200,
    steps: Count = 40,
    seed: Seed = 1,
) -> pandas.DataFrame:
    """A row for each law and cell, without guidance and under each guidance and scale: shares of n
    samples, the same noise in all cells. `laws` are those of each family, dimension and place of
    the rare mode, whose weight is `rare`; `width` is the noise off the surface, in spreads."""
    generator = torch.Generator().manual_seed(seed)
    rows = list[dict[str, Any]]()
    with tqdm(desc="laws", unit=" samplings", total=len(DIMS) * (1 + len(CELLS))) as bar:
        for dim in DIMS:
            known = [
                random_law(family, place, dim if dim == 3 else 2, rare, generator)
                for family in FAMILIES
                for place in PLACES
                for _ in range(laws)
            ]
            for name, scale, x in sampled(known, dim, width, n, steps, seed):
                rows += table_rows(known, x, width, {"dim": dim, "variant": name, "scale": scale})
                bar.update()
    return pandas.DataFrame(rows)


def sampled(
    known: list[RandomLaw], dim: int, width: float, n: int, steps: int, seed: int
) -> Iterator[tuple[str, float, Tensor]]:
    """Variant, scale and samples (n, E, dim) of E laws: unguided ones, and those of all CELLS."""
    model = embedded(side_by_side([each.law for each in known]), dim, width)
    silent: Any = tqdm(disable=True)
    for name, scale in (("plain", 0.0), *CELLS):
        guided = GUIDANCE[name](model, scale=scale) if name in GUIDANCE else model
        plan = Plan(
            denoiser=by_row(guided),
            sampler=ancestral,
            shape=(len(known), dim),
            steps=steps,
            seed=seed,
            device=torch.device("cpu"),
            counter=Counter(),
        )
        yield name, scale, draw(plan, range(n), silent).samples


def embedded(laws: Any, dim: int, width: float) -> Denoiser:
    """The exact denoiser of laws side by side, each times Gaussian noise of standard deviation
    `width` in the other dimensions. The axes may be those of the laws, because no guidance here
    knows them."""
    schedule, low = cosine(), laws.mean.shape[-1]
    parts = {"weight": laws.weight, "mean": laws.mean, "cov": laws.cov}
    net = Exact({key: [*value.shape] for key, value in parts.items()}, schedule)
    net.begin({f"mixture.{key}": value for key, value in parts.items()})
    members = len(laws.weight)
    model = Model(net, schedule, "x0", (members, low)).requires_grad_(False)

    def mean(x: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = schedule(t)
        gain = alpha * width**2 / (alpha**2 * width**2 + sigma**2)
        return torch.cat([model(x[..., :low], t), gain * x[..., low:]], -1)

    return Plain(mean, schedule, shape=(members, dim))


def table_rows(
    known: list[RandomLaw], x: Tensor, width: float, cell: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The row of each law, from samples (n, E, dim) of one cell."""
    for i, (each, points) in enumerate(zip(known, x.double().unbind(1), strict=True)):
        yield (
            {"law": i, "family": each.family, "place": each.place}
            | cell
            | shares(each, points, width)
        )


def shares(each: RandomLaw, x: Tensor, width: float) -> dict[str, float]:
    """The shares of samples (n, dim) in the rare mode and in no mode, and of the other modes that
    they reach. A sample is in the component that is nearest by Mahalanobis distance, if that is
    within the radius of all but one in a thousand of its points."""
    law, low = each.law, each.law.mean.shape[1]
    offset = x[:, None, :low] - law.mean
    squares = torch.einsum("nki,kij,nkj->nk", offset, torch.linalg.inv(law.cov), offset)
    nearest, mode = squares.min(1)
    far = nearest + (x[:, low:] / width).square().sum(1) > chi2.ppf(TYPICAL, x.shape[1])
    found = torch.bincount(mode[~far], minlength=len(law.weight)).double() / len(x)
    reached = found[1:] >= LEAST * law.weight[1:]
    return {
        "rare_mode": found[0].item(),
        "off_mode": far.double().mean().item(),
        "coverage": (reached & (found[1:] > 0)).double().mean().item(),
    }
