"""What instability scores of images say: how they agree with the exact posterior, whether they
detect a class that was never seen, and what they explain beyond density and complexity."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from typing import Any

import pandas
import torch
from torch import Tensor
from torchvision.transforms.functional import to_pil_image

from scorefield.core.datasets import Images
from scorefield.core.results import IMAGE_ROLES, ROLES, ImageScores
from scorefield.metrics.calibration import agreement_line
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.metrics.intervals import Estimate, estimate
from scorefield.metrics.partial import correlations
from scorefield.metrics.ranking import auroc
from scorefield.pipeline.files import to_bytes

CALIBRATION = ("slope", "correlation", "pixel_slope", "pixel_correlation", "error_ratio")
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Looks:
    """What could explain a score without any instability, and what it should explain, by name,
    (N,) each."""

    given: dict[str, Tensor]
    outcomes: dict[str, Tensor]


def looks(images: Tensor, data: Images, evaluator: FeatureEvaluator) -> Looks:
    """Of the first N test images: given are the `distance` to the nearest training image in pixels,
    and the size as `png` in bytes; outcomes, of an evaluator that knows the data's classes, are its
    `confidence`, and whether its class is a `mistake`."""
    nearest = torch.cdist(images.flatten(1), data.train.flatten(1)).min(1).values
    sizes = torch.tensor([float(len(png(image))) for image in to_bytes(images)])
    given = {"distance": nearest, "png": sizes}
    chance = evaluator.read(images).probabilities
    if chance is None:
        return Looks(given, {})
    confidence, label = chance.max(1)
    mistake = (label != data.test_labels[: len(images)]).double()
    return Looks(given, {"confidence": confidence, "mistake": mistake})


def png(image: Tensor) -> bytes:
    """An image of bytes (C, H, W) as a PNG file."""
    content = BytesIO()
    to_pil_image(image).save(content, "PNG")
    return content.getvalue()


def special(found: ImageScores, data: Images) -> Tensor:
    """Which images are of the class that the withheld model never saw, bools (N,)."""
    label = -1 if data.special_class is None else data.special_class
    return data.test_labels[: len(found.images)] == label


def of_images(
    found: ImageScores, data: Images, levels: list[float], evaluator: FeatureEvaluator
) -> pandas.DataFrame:
    """One row a role, level, score and figure, with its bootstrap over images: standard error and
    95 % interval. The figures are those of `calibration`, `detection` and `explanation`."""
    known = looks(found.images, data, evaluator)
    rows = [
        *calibration(found, levels),
        *detection(found, special(found, data), levels),
        *explanation(found, ~special(found, data), levels, known),
    ]
    return pandas.DataFrame(rows)


def calibration(found: ImageScores, levels: list[float]) -> Iterator[Row]:
    """The score `trace` against the exact posterior variance: `slope` and `correlation` over
    images, `pixel_slope` and `pixel_correlation` over the pixels of the mean map; `error_ratio`,
    the mean score over the mean squared error of the same denoiser, is 1 for one that knows the
    law of the images."""
    truth, score = found.exact.variance.flatten(2), found.variance.flatten(3)
    maps = torch.cat([truth[None], score]).permute(2, 0, 1, 3)  # images, exact and roles, levels
    totals = maps.sum(3)

    def figures(index: Tensor) -> Tensor:
        share = torch.bincount(index, minlength=len(maps)).to(maps) / len(index)
        mean = (share @ maps.flatten(1)).view(maps.shape[1:]).movedim(2, 0)
        total = totals[index]
        images = agreement_line(total[:, :1].expand_as(total[:, 1:]), total[:, 1:])
        pixels = agreement_line(mean[:, :1].expand_as(mean[:, 1:]), mean[:, 1:])
        ratio = total[:, 1:].mean(0) / found.error[:, :, index].mean(2)
        return torch.cat([images, pixels, ratio[None]])

    every = estimate(figures, [torch.arange(len(maps))])
    for (k, name), (i, role) in product(enumerate(CALIBRATION), enumerate(IMAGE_ROLES)):
        yield from row_of_levels(every, (k, i), levels, "trace", role, name)


def detection(found: ImageScores, held: Tensor, levels: list[float]) -> Iterator[Row]:
    """`auroc` of the special class (held, bools (N,)) against all others, where there are both; for
    the withheld model also `auroc_gain`, its difference to the model that saw the class."""
    if not held.any() or held.all():
        return
    names = sorted(found.scores)
    values = torch.stack([found.scores[name] for name in names]).movedim(3, 0)
    count = int(held.sum())

    def figures(index: Tensor) -> Tensor:
        area = auroc(values[index[:count]], values[index[count:]])
        return torch.cat([area, (area[:, 2] - area[:, 0])[:, None]], 1)

    every = estimate(figures, [held.nonzero().flatten(), (~held).nonzero().flatten()])
    for (k, name), (i, role) in product(enumerate(names), enumerate(IMAGE_ROLES)):
        yield from row_of_levels(every, (k, i), levels, name, role, "auroc")
    for k, name in enumerate(names):
        yield from row_of_levels(every, (k, -1), levels, name, "withheld", "auroc_gain")


def explanation(
    found: ImageScores, keep: Tensor, levels: list[float], known: Looks
) -> Iterator[Row]:
    """Rank correlations over the images that are kept (bools (N,)), of the scores of the model and
    of the control.

    With the outcomes, which are those of `looks` and the model's squared `error`: the correlation,
    the partial one given all of `density` (-log p_t of x_t under the exact law), `clean_density`
    (that of alpha x_0) and the given looks (<outcome>_partial), and the incremental R^2 of ranks
    (<outcome>_gain). With the given quantities: the correlation.
    """
    names, rows = sorted(found.scores), [keep.nonzero().flatten()]
    scores = torch.stack([found.scores[name][: len(ROLES)] for name in names])
    for j, level in enumerate(levels):
        density = {"density": found.exact.energy[j], "clean_density": found.exact.clean_energy[j]}
        given, outcomes = density | known.given, {"error": found.error[0, j]} | known.outcomes
        columns = scores[:, :, j].flatten(0, 1).T.double()
        aims, fixed = (torch.stack([*part.values()], 1).double() for part in (outcomes, given))

        def figures(
            index: Tensor, a: Tensor = columns, b: Tensor = aims, c: Tensor = fixed
        ) -> Tensor:
            found = correlations(a[index], torch.cat([b, c], 1)[index], c[index])
            beyond = [part[:, : b.shape[1]] for part in (found.partial, found.gain)]
            return torch.cat([found.plain, *beyond], 1)

        figured = [*outcomes, *given]
        figured += [f"{name}_{kind}" for kind in ("partial", "gain") for name in outcomes]
        every = estimate(figures, rows)
        for (s, (name, role)), (k, figure) in product(
            enumerate(product(names, ROLES)), enumerate(figured)
        ):
            yield row(every, (s, k), level, name, role, figure)


def row(
    every: Estimate, place: tuple[int, ...], level: float, score: str, role: str, figure: str
) -> Row:
    """One row of the table: an element of an estimate."""
    numbers = {key: value[place].item() for key, value in every._asdict().items()}
    return {"score": score, "role": role, "level": level, "figure": figure} | numbers


def row_of_levels(
    every: Estimate, place: tuple[int, ...], levels: list[float], *what: str
) -> Iterator[Row]:
    """A row a level, which is the last axis of the estimate."""
    for j, level in enumerate(levels):
        yield row(every, (*place, j), level, *what)
