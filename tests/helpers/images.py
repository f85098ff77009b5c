"""Tiny images, and evaluators of them that need no training."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from scorefield.core.datasets import Images
from scorefield.metrics.evaluators import FeatureEvaluator


class Toy(nn.Module):
    """Points as images of two pixels; the class is the sign of the first, surely if far from 0."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 2, bias=False)
        self.head.weight.data = torch.tensor([[-5.0, 0.0], [5.0, 0.0]])

    def features(self, x):
        return x.flatten(1)

    def probabilities(self, features):
        return self.head(features).softmax(1)


EVALUATOR = FeatureEvaluator(Toy(), torch.device("cpu"))


def toy(rare: int) -> Images:
    cloud = lambda n, side: torch.randn(n, 1, 1, 2) * 0.1 + 0.6 * side
    labels = lambda n, m: torch.tensor([0] * n + [1] * m)
    tensors = {
        "train": torch.cat([cloud(300, -1), cloud(rare, 1)]),
        "train_labels": labels(300, rare),
        "test": torch.cat([cloud(100, -1), cloud(100, 1)]),
        "test_labels": labels(100, 100),
    }
    return Images(tensors)


def black_images(rare: int) -> dict[str, Tensor]:
    """Black images as a file holds them, ten of class 0 and `rare` of class 1 to train on."""

    def labels(rare: int) -> Tensor:
        return torch.tensor([0] * 10 + [1] * rare)

    return {
        "train": torch.zeros(10 + rare, 1, 2, 2, dtype=torch.uint8),
        "train_labels": labels(rare),
        "test": torch.zeros(20, 1, 2, 2, dtype=torch.uint8),
        "test_labels": labels(10),
    }


class Reader:
    """Two features, the first two pixels; class probabilities by a function of them, if it has
    one."""

    def __init__(self, classes: Callable[[Tensor], Tensor] | None = None):
        self.classes = classes

    def features(self, x: Tensor) -> Tensor:
        return x.flatten(1)[:, :2]

    def probabilities(self, features: Tensor) -> Tensor | None:
        return None if self.classes is None else self.classes(features).softmax(1)
