"""Coherence of images: the evaluator is certain of the class, and real images of it are near."""

from typing import NamedTuple

import torch
from torch import Tensor

from scorefield.core.datasets import Images
from scorefield.metrics.distances import map_distances, nearest_distances, neighbour_distance
from scorefield.metrics.novelty import COUNT, novelty

CERTAIN, NEIGHBOURS, QUANTILE = 0.9, 5, 0.95


class Reading(NamedTuple):
    """The output of an evaluator for images: features (N, F), and class probabilities (N, C) or
    None where the evaluator does not know the classes of the data."""

    features: Tensor
    probabilities: Tensor | None


def inside(x: Tensor, real: Tensor) -> Tensor:
    """Whether each of the features (M, F) lies in a ball around one of (N, F), whose radius is the
    distance to its fifth neighbour; bools (M,)."""
    radius = neighbour_distance(real, min(NEIGHBOURS, len(real) - 1))

    def in_any_ball(distances: Tensor) -> Tensor:
        return (distances <= radius).any(1)

    return map_distances(in_any_ball, x, real)


def coherent(reading: Reading, real: Tensor, labels: Tensor) -> Tensor:
    """Whether the evaluator is certain of a class and the image lies near a real one of that class,
    of features (N, F) and labels (N,); without classes, whether it lies near any real image. Bools
    (M,)."""
    features, probabilities = reading
    if probabilities is None:
        return inside(features, real)
    certainty, predicted = probabilities.max(1)
    found = torch.zeros(len(features), dtype=torch.bool)
    for label in labels.unique():
        certain = (predicted == label) & (certainty > CERTAIN)
        found |= certain & inside(features, real[labels == label])
    return found


def coherence(reading: Reading, real: Tensor, train: Tensor, data: Images) -> dict[str, Tensor]:
    """Scores of each sample, (M,), from the features of the test images (N, F) and of the training
    images (T, F): those of `novelty`, and bools. `coherent` is as above; `novel` is coherent and
    further from the training images than 95 % of the test images are; `rare_mode` is coherent and
    of the rare or withheld class, where there is one that the evaluator knows."""
    features, probabilities = reading
    good = coherent(reading, real, data.test_labels)
    usual = nearest_distances(real, train, COUNT).mean(1).quantile(QUANTILE)
    scores = novelty(features, train)
    found = scores | {"coherent": good, "novel": good & (scores["avgknn"] > usual)}
    if data.special_class is None or probabilities is None:
        return found
    return found | {"rare_mode": good & (probabilities.argmax(1) == data.special_class)}
