"""The scores of the instability study: every instability score of several denoisers at the same
rows, noise levels and noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from scorefield.core.bounds import Count
from scorefield.core.denoiser import Denoiser
from scorefield.core.noise import streams
from scorefield.core.registry import load_method, methods, with_knobs
from scorefield.core.remembered import remembered
from scorefield.core.schedule import Schedule, aligned, time_at
from scorefield.experiments.instability_maps import Score, Settings
from scorefield.pipeline import ranks
from scorefield.pipeline.chunks import record_chunks

AGAIN = 10**6  # between the seeds of draws of noise for the error


@dataclass(frozen=True, eq=False)
class Scores:
    """The posterior mean, its squared distance from x averaged over draws of noise, and instability
    scores by name, of rows of x at one noise level; or of all levels, stacked."""

    mean: Tensor
    error: Tensor
    scores: dict[str, Tensor]


def settings_of(spec: dict[str, Any]) -> Settings:
    """Those of an entry of `instability`: every method of instability/, with the entry's own
    knobs."""
    scores: dict[str, Score] = {
        name: with_knobs(load_method("instability", name), spec.get(name, {}))
        for name in methods("instability")
    }
    return Settings(spec["levels"], spec["seed"], scores)


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
    mean, error = (stacked([getattr(each, key) for each in found]) for key in ("mean", "error"))
    return Scores(mean, error, scores)


@torch.no_grad()
def scores_at(
    denoiser: Denoiser,
    x: Tensor,
    axes: int,
    indices: Sequence[int],
    settings: Settings,
    i: int,
    bar: "tqdm[Any]",
) -> Scores:
    """All of `instability_scores` for one denoiser, the level i and some rows of x; `indices` are
    theirs. What several scores ask of the denoiser is computed once."""
    once, found, means = remembered(denoiser), {}, []
    noisy, t = noised(denoiser.schedule, x, indices, settings, i)
    for name, score in settings.scores.items():
        noise = streams(100 * settings.seed + i + 50, indices)
        value = score(once, noisy.flatten(0, axes - 1), t, noise)
        found[name] = value.unflatten(0, x.shape[:axes]).float().cpu()
        bar.update()
    for draw in range(settings.noises):
        noisy, t = noised(denoiser.schedule, x, indices, settings, i, draw)
        means.append(once(noisy.flatten(0, axes - 1), t).view_as(x))
    error = (torch.stack(means) - x).square().mean(0).flatten(axes).sum(axes)
    return Scores(means[0].float().cpu(), error.float().cpu(), found)


def noised(
    schedule: Schedule, x: Tensor, indices: Sequence[int], settings: Settings, i: int, draw: int = 0
) -> tuple[Tensor, Tensor]:
    """Rows x at the level i, with their own noise by `indices`, and the time; scores are measured
    at draw 0."""
    t = aligned(time_at(schedule, settings.levels[i]), x)
    seed = 100 * settings.seed + i + AGAIN * draw
    return schedule.add_noise(x, t, streams(seed, indices)), t
