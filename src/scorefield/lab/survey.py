"""Every instability score of a denoiser at the same points, levels and noise."""

from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from scorefield.core import ranks
from scorefield.core.denoiser import Model
from scorefield.core.noise import streams
from scorefield.core.schedule import time_at, times
from scorefield.lab.chunks import chunks
from scorefield.maps.drift import drift
from scorefield.maps.eigenvalue import eigenvalue
from scorefield.maps.frobenius import frobenius
from scorefield.maps.martingale import martingale
from scorefield.maps.minority import minority
from scorefield.maps.original import original
from scorefield.maps.renoise import renoise
from scorefield.maps.trace import trace, variances
from scorefield.metrics.discovery import matched
from scorefield.samplers.ddim import ddim

SCORES = {
    score.__name__: score
    for score in (trace, frobenius, original, renoise, minority, eigenvalue, drift, martingale)
}

GRID, REACH = 48, 5.0  # of a heat map, across the plane
FRAMES, WATCHED, STEPS = 8, 6, 24  # moments of the trajectories of a few images


def noised(
    model: Model, x: Tensor, level: float, seed: int, indices: range
) -> tuple[Tensor, Tensor]:
    """x_t at sigma / alpha = level, and t; x (N, ...), row i's noise of (seed, indices[i])."""
    t = time_at(model.schedule, level).to(x)
    alpha, sigma = model.schedule(t)
    return alpha * x + sigma * streams(seed, indices)(x), t


def survey(
    models: list[Model],
    x: Tensor,
    levels: list[float],
    seed: int,
    knobs: dict[str, dict[str, Any]],
    folder: Path,
    *,
    chunk: int,
) -> dict[str, Tensor] | None:
    """score -> (models, levels, *rows of x): at each noise level of x (N, d...) or (N, E, D), the
    same noise for every model and score; the posterior `mean`; and of points the `energy`, -log p_t
    under the law of the last model, which is exact. None but on rank 0.

    Models, levels and chunks of rows are shared out over ranks; what is done is kept in `folder`,
    so that a killed run goes on.
    """
    parts = [range(first, min(first + chunk, len(x))) for first in range(0, len(x), chunk)]
    cells = list(product(range(len(models)), range(len(levels)), parts))
    files = [folder / f"{m}-{i}-{chunk}-{part.start}.safetensors" for m, i, part in cells]

    def compute(k: int) -> dict[str, Tensor]:
        m, i, part = cells[k]
        given = (x[part.start : part.stop], part, levels[i], 100 * seed + i, knobs, bar)
        return cell(models[m], models[-1], *given)

    total = len(cells) * len(SCORES) // ranks.world()
    with tqdm(total=total, desc="map", unit=" scores", disable=ranks.rank() > 0) as bar:
        found = chunks(files, compute)
    if found is None:
        return None
    whole = lambda name: torch.cat([part[name] for part in found]).view(
        len(models), len(levels), len(x), *found[0][name].shape[1:]
    )
    return {name: whole(name) for name in found[0]}


@torch.no_grad()
def cell(
    model: Model,
    law: Model,
    x: Tensor,
    indices: range,
    level: float,
    seed: int,
    knobs: dict[str, dict[str, Any]],
    bar: tqdm,
) -> dict[str, Tensor]:
    """All of `survey` for some rows of x, one model and one level."""
    x_t, t = noised(model, x, level, seed, indices)
    flat, shape = (x_t.flatten(0, 1), x.shape[:2]) if x.ndim == 3 else (x_t, x.shape[:1])
    found = {"mean": model(flat, t).view_as(x)}
    if x.ndim == 3:
        found["energy"] = law.net.energies(flat, t).view(shape)
    for name, score in SCORES.items():
        randn = streams(seed + 50, indices)
        found[name] = score(model, model.schedule, flat, t, randn, **knobs[name]).view(shape)
        bar.update()
    return {name: value.cpu() for name, value in found.items()}


def points(data: dict[str, Tensor], n: int, seed: int) -> Tensor:
    """n points of each of four, (4 n, E, 2): the special mode, training data, junk as far out as
    the special mode's points, and around the decoy, which is the origin where there is none."""
    generator = torch.Generator().manual_seed(seed)
    mean, std = data["mixture.mean"][:, 0], data["mixture.cov"][:, 0, 0, 0].sqrt()[:, None]
    spread = lambda: std * torch.randn(n, *mean.shape, generator=generator, dtype=std.dtype)
    special = (mean + spread()).float()
    decoy = (data["decoy"].nan_to_num().double() + spread()).float()
    return torch.cat([special, data["train"][:n], matched(special, data, generator), decoy])


@torch.no_grad()
def heat(
    models: list[Model], data: dict[str, Tensor], levels: list[float], seed: int, knobs: dict
) -> dict[str, Tensor]:
    """On a grid of the plane, (levels, GRID^2, E): the first model's trace and martingale residual,
    the true trace of the posterior covariance and the model's true error, both of the second."""
    model, exact = models
    line = torch.linspace(-REACH, REACH, GRID)
    x = torch.cartesian_prod(line, line)[:, None].expand(-1, model.shape[0], -1)
    found = {f"heat.{key}": [] for key in ("trace", "martingale", "truth", "error")}
    for level in tqdm(levels, desc="heat", unit=" levels"):
        t = time_at(model.schedule, level).to(x)
        flat = (model.schedule.alpha(t) * x).flatten(0, 1).to(next(model.parameters()).device)
        for score in (trace, martingale):
            randn = streams(seed, range(len(x)))
            value = score(model, model.schedule, flat, t, randn, **knobs[score.__name__])
            found[f"heat.{score.__name__}"].append(value)
        found["heat.truth"].append(exact.net.traces(flat, t))
        found["heat.error"].append((model(flat, t) - exact(flat, t)).norm(dim=1))
    maps = {k: torch.stack(v).view(len(levels), *x.shape[:2]).cpu() for k, v in found.items()}
    return maps | {"heat.reach": torch.tensor(REACH)}


@torch.no_grad()
def path(model: Model, seed: int, knobs: dict[str, dict[str, Any]]) -> dict[str, Tensor]:
    """Of a few images on their way from noise: x_t, the posterior mean and the posterior variance
    of each pixel by `trace`, (frames, images, C, H, W)."""
    randn, grid = streams(seed, range(WATCHED)), times(STEPS)
    x = randn(torch.empty(WATCHED, *model.shape, device=next(model.parameters()).device))
    states = [x, *ddim(model, model.schedule, x, grid, randn)]
    frames = torch.linspace(1, STEPS - 1, FRAMES).round().long().tolist()
    found = {"path.x": [], "path.mean": [], "path.variance": []}
    for i in tqdm(frames, desc="path", unit=" frames"):
        x, t = states[i], grid[i].to(states[i])
        given = knobs["trace"] | {"probes": 8 * knobs["trace"]["probes"]}
        spread = variances(model, model.schedule, x, t, streams(seed + 1, range(WATCHED)), **given)
        for key, value in zip(found, (x, model(x, t), spread), strict=True):
            found[key].append(value.cpu())
    return {key: torch.stack(values) for key, values in found.items()}
