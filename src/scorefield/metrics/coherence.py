"""Whether images are of a class, and whether they are real enough to count."""

from typing import NamedTuple

import torch
from torch import Tensor

from scorefield.core.datasets import Images
from scorefield.metrics.distances import nearest, over, reach
from scorefield.metrics.novelty import COUNT, novelty

SURE, NEIGHBOURS, PERCENTILE = 0.9, 5, 0.95


class Reading(NamedTuple):
    """What an evaluator makes of images: features (N, F), and class probabilities (N, C), None of
    an evaluator that does not know the data's classes."""

    features: Tensor
    probabilities: Tensor | None


def inside(x: Tensor, real: Tensor) -> Tensor:
    """Whether features (M, F) lie in a ball around one of (N, F), as wide as the way to its fifth
    neighbour, bools (M,)."""
    radius = reach(real, min(NEIGHBOURS, len(real) - 1))
    return over(lambda far: (far <= radius).any(1), x, real)


def coherent(reading: Reading, real: Tensor, labels: Tensor) -> Tensor:
    """Whether the evaluator is sure of a class and a real image (N, F) of that class, labels (N,),
    is near, bools (M,); of an evaluator without classes, whether any real image is near."""
    features, chance = reading
    if chance is None:
        return inside(features, real)
    top, guess = chance.max(1)
    found = torch.zeros(len(features), dtype=torch.bool)
    for label in labels.unique():
        mine = (guess == label) & (top > SURE)
        found |= mine & inside(features, real[labels == label])
    return found


def coherence(reading: Reading, real: Tensor, train: Tensor, data: Images) -> dict[str, Tensor]:
    """Per sample, beside the features of the test (N, F) and of the training images (T, F), shape
    (M,): the scores of `novelty` and bools: `coherent`; `novel`, coherent and further from the
    training images than 95 % of the test images are; and, with a rare or withheld class and an
    evaluator that knows it, `hit`, coherent and of that class."""
    features, chance = reading
    good = coherent(reading, real, data.test_labels)
    usual = nearest(real, train, COUNT).mean(1).quantile(PERCENTILE)
    scores = novelty(features, train)
    found = scores | {"coherent": good, "novel": good & (scores["avgknn"] > usual)}
    if data.special_class is None or chance is None:
        return found
    return found | {"hit": good & (chance.argmax(1) == data.special_class)}
