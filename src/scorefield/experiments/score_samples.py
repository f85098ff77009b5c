"""Samples of a model on the way through its training, their score and their picture.

It is loaded by name (`experiments.watch`), so that only trainings that are watched depend on it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from scorefield.core.denoiser import Counter
from scorefield.core.model import Model
from scorefield.core.registry import load_method
from scorefield.experiments.sampling import Plan, draw
from scorefield.metrics.watched import watched
from scorefield.plots.watched import watched_images, watched_points

SEED, CHUNK = 0, 250


@dataclass(frozen=True)
class ScoredSamples:
    """The name of the score; how samples are drawn, always from the same noise; what measures them;
    the real data, and where pictures are written."""

    score: str
    samples: int
    sampler: Callable[..., Any]
    steps: int
    measure: Callable[[Tensor], float]
    real: Tensor
    folder: Path

    def __call__(self, model: Model, step: int) -> dict[str, float]:
        """The score of a model after a step of its training; its picture is written."""
        plan = Plan(model, self.sampler, model.shape, self.steps, SEED, model.device, Counter())
        starts = range(0, self.samples, CHUNK)
        with tqdm(disable=True) as bar:
            parts = [draw(plan, range(i, min(i + CHUNK, self.samples)), bar) for i in starts]
        x = torch.cat([part.samples for part in parts])
        value = self.measure(x)
        title, path = f"step {step:,}: {self.score} {value:.3g}", self.folder / f"{step:06}.png"
        if x.ndim == 2:
            watched_points(x, self.real.cpu(), title, str(path))
        else:
            watched_images(x, title, str(path))
        return {self.score: value}


def score_samples(
    score: str,
    samples: int,
    sampler: str,
    steps: int,
    evaluator: str,
    sha256: str,
    real: Tensor,
    folder: Path,
) -> ScoredSamples:
    """The score of a training by the knobs of `watch`. Raises InputError for what does not fit."""
    measure = watched(score, evaluator, sha256, real)
    return ScoredSamples(
        score, samples, load_method("samplers", sampler), steps, measure, real, folder
    )
