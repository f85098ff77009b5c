"""Every instability score of two denoisers at the same points, noise levels and noise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from itertools import product
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor
from tqdm import tqdm

from scorefield.core import ranks
from scorefield.core.bounds import Count
from scorefield.core.datasets import Layouts
from scorefield.core.denoiser import Denoiser
from scorefield.core.model import Model
from scorefield.core.noise import Randn, streams
from scorefield.core.registry import load_method, methods, with_knobs
from scorefield.core.schedule import aligned, time_at, times
from scorefield.core.studies import Frames, HeatMaps, ImageSurvey, PointSurvey
from scorefield.lab.chunks import record_chunks
from scorefield.metrics.discovery import matched
from scorefield.samplers.ddim import ddim

Score = Callable[..., Tensor]  # (denoiser, x_t, t, randn) -> one number a row

GRID, REACH = 48, 5.0  # of a heat map, across the plane
FRAMES, WATCHED, STEPS = 8, 6, 24  # moments of the trajectories of a few images
SHARPER = 8  # times as many probes for a map of pixels, which is looked at and not averaged


@runtime_checkable
class LawsNetwork(Protocol):
    """A network that knows the laws of all members of a dataset of layouts. x is (B E, D), the rows
    of all members' points; what it returns is (B E,)."""

    def energies(self, x: Tensor, t: Tensor | float) -> Tensor: ...

    def traces(self, x: Tensor, t: Tensor | float) -> Tensor: ...


@dataclass(frozen=True)
class Questions:
    """What a survey asks: scores by name, at noise levels sigma / alpha, with noise of a seed."""

    levels: list[float]
    seed: int
    scores: dict[str, Score]


@dataclass(frozen=True, eq=False)
class Readings:
    """The posterior mean, and scores by name, of rows of x at one level; or of all, stacked."""

    mean: Tensor
    scores: dict[str, Tensor]


def questions(spec: dict[str, Any]) -> Questions:
    """Those of an entry of `maps`: every method of instability/, with the entry's own knobs."""
    scores: dict[str, Score] = {
        name: with_knobs(load_method("instability", name), spec.get(name, {}))
        for name in methods("instability")
    }
    return Questions(spec["levels"], spec["seed"], scores)


def survey_points(
    model: Model,
    control: Model,
    laws: LawsNetwork,
    data: Layouts,
    n: int,
    asked: Questions,
    folder: Path,
    *,
    chunk: Count = 500,
) -> PointSurvey | None:
    """A survey of `points`, with heat maps; None but on rank 0. `laws` are the true ones; a further
    score, `energy`, is -log p_t under them."""

    def energy(denoiser: Denoiser, x: Tensor, t: Tensor, randn: Randn) -> Tensor:
        return laws.energies(x, t)

    x, device = points(data, n, asked.seed), model.device
    every = replace(asked, scores=asked.scores | {"energy": energy})
    found = survey([model, control], x.to(device), every, folder, axes=2, chunk=chunk)
    if found is None:
        return None
    maps = heat(model, control, laws, len(data.size), asked, device)
    return PointSurvey(x, found.mean, found.scores, maps)


def survey_images(
    model: Model,
    control: Model,
    images: Tensor,
    asked: Questions,
    folder: Path,
    *,
    chunk: Count = 500,
) -> ImageSurvey | None:
    """A survey of images (N, C, H, W), with some on their way from noise; None but on rank 0."""
    found = survey([model, control], images.to(model.device), asked, folder, chunk=chunk)
    if found is None:
        return None
    return ImageSurvey(images, found.mean, found.scores, frames(model, asked))


def survey(
    denoisers: Sequence[Denoiser],
    x: Tensor,
    asked: Questions,
    folder: Path,
    *,
    axes: int = 1,
    chunk: Count = 500,
) -> Readings | None:
    """Scores (denoisers, levels, *rows) of x, whose first `axes` axes count rows: the same noise
    for every denoiser and score. None but on rank 0.

    Denoisers, levels and chunks of rows are shared out over ranks; what is done is kept in
    `folder`, so that a killed run goes on.
    """
    parts = [range(first, min(first + chunk, len(x))) for first in range(0, len(x), chunk)]
    cells = list(product(range(len(denoisers)), range(len(asked.levels)), parts))
    files = [folder / f"{m}-{i}-{chunk}-{part.start}.safetensors" for m, i, part in cells]

    def compute(k: int) -> Readings:
        m, i, part = cells[k]
        return read(denoisers[m], x[part.start : part.stop], axes, part, asked, i, bar)

    def stacked(values: list[Tensor]) -> Tensor:
        tail = values[0].shape[1:]
        return torch.cat(values).view(len(denoisers), len(asked.levels), len(x), *tail)

    total = len(cells) * len(asked.scores) // ranks.world()
    with tqdm(total=total, desc="map", unit=" scores", disable=ranks.rank() > 0) as bar:
        found = record_chunks(files, Readings, compute)
    if found is None:
        return None
    scores = {name: stacked([each.scores[name] for each in found]) for name in asked.scores}
    return Readings(stacked([each.mean for each in found]), scores)


@torch.no_grad()
def read(
    denoiser: Denoiser,
    x: Tensor,
    axes: int,
    indices: range,
    asked: Questions,
    i: int,
    bar: "tqdm[Any]",
) -> Readings:
    """All of `survey` for one denoiser, the level i and some rows of x; `indices` are theirs."""
    seed, t = 100 * asked.seed + i, aligned(time_at(denoiser.schedule, asked.levels[i]), x)
    noisy = denoiser.schedule.add_noise(x, t, streams(seed, indices)).flatten(0, axes - 1)
    mean, found = denoiser(noisy, t).view_as(x), {}
    for name, score in asked.scores.items():
        value = score(denoiser, noisy, t, streams(seed + 50, indices))
        found[name] = value.view(x.shape[:axes]).float().cpu()
        bar.update()
    return Readings(mean.float().cpu(), found)


def points(data: Layouts, n: int, seed: int) -> Tensor:
    """n points of each of four, (4 n, E, 2): the special mode, training data, junk as far out as
    the special mode's points, and around the decoy, which is the origin where there is none."""
    generator = torch.Generator().manual_seed(seed)
    centre, std = data.mean[:, 0], data.std[:, None]

    def around(place: Tensor) -> Tensor:
        noise = torch.randn(n, *centre.shape, generator=generator, dtype=std.dtype)
        return (place + std * noise).float()

    special = around(centre)
    decoy = around(data.decoy.nan_to_num().double())
    return torch.cat([special, data.train[:n], matched(special, data, generator), decoy])


@torch.no_grad()
def heat(
    model: Denoiser,
    exact: Denoiser,
    laws: LawsNetwork,
    members: int,
    asked: Questions,
    device: torch.device,
) -> HeatMaps:
    """Heat maps of a denoiser of E members beside its exact one, which has the given laws."""
    line = torch.linspace(-REACH, REACH, GRID)
    x = torch.cartesian_prod(line, line)[:, None].expand(-1, members, -1).to(device)
    levels = tqdm(asked.levels, desc="heat", unit=" levels")
    found = [heat_at(model, exact, laws, x, level, asked).float().cpu() for level in levels]
    trace, martingale, truth, error = torch.stack(found, 1)
    return HeatMaps(trace, martingale, truth, error, REACH)


def heat_at(
    model: Denoiser, exact: Denoiser, laws: LawsNetwork, x: Tensor, level: float, asked: Questions
) -> Tensor:
    """Trace, martingale residual, true trace and true error at alpha x, x (G, E, 2), of one noise
    level; (4, G, E), where x is."""
    t = aligned(time_at(model.schedule, level), x)
    rows = (model.schedule.alpha(t) * x).flatten(0, 1)
    found = [
        asked.scores[name](model, rows, t, streams(asked.seed, range(len(x))))
        for name in ("trace", "martingale")
    ]
    error = (model(rows, t) - exact(rows, t)).norm(dim=1)
    return torch.stack([*found, laws.traces(rows, t).to(error), error]).view(4, *x.shape[:2])


@torch.no_grad()
def frames(model: Model, asked: Questions) -> Frames:
    """A few images on their way from noise by DDIM."""
    randn, grid, trace = streams(asked.seed, range(WATCHED)), times(STEPS), asked.scores["trace"]
    probes = SHARPER * signature(trace).parameters["probes"].default
    x = randn(torch.empty(WATCHED, *model.shape, device=model.device))
    states = [x, *ddim(model, x, grid, randn)]
    shown = torch.linspace(1, STEPS - 1, FRAMES).round().long().tolist()
    found = []
    for i in tqdm(shown, desc="path", unit=" frames"):
        x, t = states[i], aligned(grid[i], states[i])
        noise = streams(asked.seed + 1, range(WATCHED))
        variance = trace(model, x, t, noise, per_pixel=True, probes=probes)
        found.append(torch.stack([x, model(x, t), variance]).cpu())
    return Frames(*torch.stack(found, 1))
