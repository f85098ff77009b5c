"""The instability study: every instability score of two denoisers at the same points, noise levels
and noise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from scorefield.core.bounds import Count
from scorefield.core.datasets import Images, Layouts
from scorefield.core.denoiser import Denoiser
from scorefield.core.errors import InputError
from scorefield.core.hardware import device
from scorefield.core.model import Model
from scorefield.core.noise import Randn, streams
from scorefield.core.registry import load_method, methods, with_knobs
from scorefield.core.results import ROLES, ImageScores, PointScores
from scorefield.core.schedule import aligned, time_at
from scorefield.experiments.instability_maps import LawsNetwork, Score, Settings, frames, heat_maps
from scorefield.metrics.discovery import off_mode_points
from scorefield.pipeline import params, ranks
from scorefield.pipeline.chunks import record_chunks
from scorefield.pipeline.files import load_dataset, load_model


@dataclass(frozen=True, eq=False)
class Scores:
    """The posterior mean, and instability scores by name, of rows of x at one noise level; or of
    all levels, stacked."""

    mean: Tensor
    scores: dict[str, Tensor]


def instability_study(
    name: str, spec: dict[str, Any], folder: Path
) -> PointScores | ImageScores | None:
    """The scores of an entry of `instability`; None but on rank 0. Raises InputError for points
    without exact laws."""
    model, control = (load_model(f"models/{spec[role]}").to(device()) for role in ROLES)
    data, settings, chunk = (
        load_dataset(spec["data"]),
        settings_of(spec),
        params.section("sampling"),
    )
    if isinstance(data, Images):
        return scores_of_images(model, control, data.test[: spec["n"]], settings, folder, **chunk)
    laws = control.net
    if isinstance(data, Layouts) and isinstance(laws, LawsNetwork):
        return scores_of_points(model, control, laws, data, spec["n"], settings, folder, **chunk)
    raise InputError(
        f"instability.{name}: points need data of layouts, and a control with net: exact"
    )


def settings_of(spec: dict[str, Any]) -> Settings:
    """Those of an entry of `instability`: every method of instability/, with the entry's own
    knobs."""
    scores: dict[str, Score] = {
        name: with_knobs(load_method("instability", name), spec.get(name, {}))
        for name in methods("instability")
    }
    return Settings(spec["levels"], spec["seed"], scores)


def scores_of_points(
    model: Model,
    control: Model,
    laws: LawsNetwork,
    data: Layouts,
    n: int,
    settings: Settings,
    folder: Path,
    *,
    chunk: Count = 500,
) -> PointScores | None:
    """Scores of `points`, with heat maps; None but on rank 0. `laws` are the exact ones; a further
    score, `energy`, is -log p_t under them."""

    def energy(denoiser: Denoiser, x: Tensor, t: Tensor, randn: Randn) -> Tensor:
        return laws.energies(x, t)

    x, device = points(data, n, settings.seed), model.device
    every = replace(settings, scores=settings.scores | {"energy": energy})
    found = instability_scores([model, control], x.to(device), every, folder, axes=2, chunk=chunk)
    if found is None:
        return None
    maps = heat_maps(model, control, laws, len(data.size), settings, device)
    return PointScores(x, found.mean, found.scores, maps)


def scores_of_images(
    model: Model,
    control: Model,
    images: Tensor,
    settings: Settings,
    folder: Path,
    *,
    chunk: Count = 500,
) -> ImageScores | None:
    """Scores of images (N, C, H, W), and of a few along their sampling trajectories; None but on
    rank 0."""
    found = instability_scores(
        [model, control], images.to(model.device), settings, folder, chunk=chunk
    )
    if found is None:
        return None
    return ImageScores(images, found.mean, found.scores, frames(model, settings))


def instability_scores(
    denoisers: Sequence[Denoiser],
    x: Tensor,
    settings: Settings,
    folder: Path,
    *,
    axes: int = 1,
    chunk: Count = 500,
) -> Scores | None:
    """Scores (denoisers, levels, *rows) of x, whose first `axes` axes count rows: the same noise
    for every denoiser and score. None but on rank 0.

    Denoisers, levels and chunks of rows are shared out over ranks; what is done is kept in
    `folder`, so that a killed run goes on.
    """
    parts = [range(first, min(first + chunk, len(x))) for first in range(0, len(x), chunk)]
    cells = list(product(range(len(denoisers)), range(len(settings.levels)), parts))
    files = [folder / f"{m}-{i}-{chunk}-{part.start}.safetensors" for m, i, part in cells]

    def compute(k: int) -> Scores:
        m, i, part = cells[k]
        return scores_at(denoisers[m], x[part.start : part.stop], axes, part, settings, i, bar)

    def stacked(values: list[Tensor]) -> Tensor:
        tail = values[0].shape[1:]
        return torch.cat(values).view(len(denoisers), len(settings.levels), len(x), *tail)

    total = len(cells) * len(settings.scores) // ranks.world()
    with tqdm(total=total, desc="instability", unit=" scores", disable=ranks.rank() > 0) as bar:
        found = record_chunks(files, Scores, compute)
    if found is None:
        return None
    scores = {name: stacked([each.scores[name] for each in found]) for name in settings.scores}
    return Scores(stacked([each.mean for each in found]), scores)


@torch.no_grad()
def scores_at(
    denoiser: Denoiser,
    x: Tensor,
    axes: int,
    indices: range,
    settings: Settings,
    i: int,
    bar: "tqdm[Any]",
) -> Scores:
    """All of `instability_scores` for one denoiser, the level i and some rows of x; `indices` are
    theirs."""
    seed, t = 100 * settings.seed + i, aligned(time_at(denoiser.schedule, settings.levels[i]), x)
    noisy = denoiser.schedule.add_noise(x, t, streams(seed, indices)).flatten(0, axes - 1)
    mean, found = denoiser(noisy, t).view_as(x), {}
    for name, score in settings.scores.items():
        value = score(denoiser, noisy, t, streams(seed + 50, indices))
        found[name] = value.view(x.shape[:axes]).float().cpu()
        bar.update()
    return Scores(mean.float().cpu(), found)


def points(data: Layouts, n: int, seed: int) -> Tensor:
    """n points of each of four kinds, (4 n, E, 2): the special mode, training data, off-mode points
    as far from the ordinary modes as the special mode's points, and points around the decoy, which
    is the origin where there is none."""
    generator = torch.Generator().manual_seed(seed)
    centre, std = data.mean[:, 0], data.std[:, None]

    def around(place: Tensor) -> Tensor:
        noise = torch.randn(n, *centre.shape, generator=generator, dtype=std.dtype)
        return (place + std * noise).float()

    special = around(centre)
    decoy = around(data.decoy.nan_to_num().double())
    return torch.cat([special, data.train[:n], off_mode_points(special, data, generator), decoy])
