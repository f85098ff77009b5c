"""The instability study of images: two networks, one of which never saw a class, and the exact law
of the training images."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from scorefield.core.bounds import Count
from scorefield.core.datasets import Images
from scorefield.core.denoiser import Denoiser
from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.results import IMAGE_ROLES, ExactImageScores, ImageScores, PixelMaps
from scorefield.core.schedule import Schedule
from scorefield.experiments.instability import instability_scores, noised
from scorefield.experiments.instability_maps import SHARPER, Settings, frames

NOISES = 3  # draws for the error; one would hide what images differ in
SEEN, SPECIAL = 4, 2  # images whose pixels are shown: of the other classes, of the special one


@runtime_checkable
class ImageLaws(Protocol):
    """A network that knows the exact law of images x (B, C, H, W)."""

    def energies(self, x: Tensor, t: Tensor | float) -> Tensor:
        """-log p_t of each image, (B,)."""

    def variances(self, x: Tensor, t: Tensor | float) -> Tensor:
        """The posterior variance of each pixel, of x's shape."""


def scores_of_images(
    models: Sequence[Model],
    laws: ImageLaws,
    data: Images,
    n: int,
    settings: Settings,
    folder: Path,
    *,
    chunk: Count = 500,
) -> ImageScores | None:
    """Scores of the first n test images by the `IMAGE_ROLES`, with maps of pixels of a few of them
    and along sampling trajectories; None but on rank 0. `laws` are those of the control."""
    images = data.test[:n]
    pixels = {"variance": partial(settings.scores["trace"], per_pixel=True)}
    every = replace(settings, scores=settings.scores | pixels, noises=NOISES)
    x = images.to(models[0].device)
    found = instability_scores(models, x, every, folder, chunk=chunk)
    if found is None:
        return None
    scores, variance = dict(found.scores), found.scores["variance"]
    del scores["variance"]
    exact = exact_scores(laws, models[0].schedule, x, settings, chunk)
    maps = pixel_maps(models, laws, x, shown(data, n), settings)
    return ImageScores(
        images, scores, found.error, variance, exact, maps, frames(models[0], settings)
    )


@torch.no_grad()
def exact_scores(
    laws: ImageLaws, schedule: Schedule, x: Tensor, settings: Settings, chunk: int
) -> ExactImageScores:
    """What the exact law says where the scores are measured."""

    def at(part: range, i: int) -> list[Tensor]:
        rows = x[part.start : part.stop]
        noisy, t = noised(schedule, rows, part, settings, i)
        clean = laws.energies(schedule.alpha(t) * rows, t)
        found = [laws.energies(noisy, t), clean, laws.variances(noisy, t)]
        return [each.float().cpu() for each in found]

    parts = [range(first, min(first + chunk, len(x))) for first in range(0, len(x), chunk)]
    found = [[at(part, i) for part in parts] for i in range(len(settings.levels))]
    whole = [
        torch.stack([torch.cat([part[k] for part in level]) for level in found]) for k in range(3)
    ]
    return ExactImageScores(*whole)


def shown(data: Images, n: int) -> Tensor:
    """The first of n test images, those of the special class last, as indices."""
    labels = data.test_labels[:n]
    special = labels == (-1 if data.special_class is None else data.special_class)
    parts = (~special).nonzero()[:SEEN], special.nonzero()[:SPECIAL]
    return torch.cat(parts).flatten()


@torch.no_grad()
def pixel_maps(
    models: Sequence[Model], laws: ImageLaws, x: Tensor, index: Tensor, settings: Settings
) -> PixelMaps:
    """Maps of the images of these indices; a network's variance has many more probes than its
    score."""
    rows, indices, trace = x[index.to(x.device)], index.tolist(), settings.scores["trace"]
    probes = SHARPER * signature(trace).parameters["probes"].default

    def at(role: str, model: Denoiser, i: int) -> Tensor:
        noisy, t = noised(model.schedule, rows, indices, settings, i)
        noise = streams(settings.seed + 1, indices)
        if role == "control":
            variance = laws.variances(noisy, t).to(noisy)
        else:
            variance = trace(model, noisy, t, noise, per_pixel=True, probes=probes)
        return torch.stack([model(noisy, t), variance]).cpu()

    each = zip(IMAGE_ROLES, models, strict=True)
    found = [torch.stack([at(*pair, i) for i in range(len(settings.levels))], 1) for pair in each]
    return PixelMaps(index, *torch.stack(found, 1))
