"""Whether images are of a class, and whether they are real enough to count."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.metrics.distances import nearest, over, reach
from scorefield.metrics.fidelity import features
from scorefield.metrics.novelty import COUNT, novelty

SURE, NEIGHBOURS, PERCENTILE = 0.9, 5, 0.95


@torch.no_grad()
def read(images: Tensor, judge: Model) -> tuple[Tensor, Tensor | None]:
    """Features (N, F) and class probabilities (N, C); none of a judge without a `head`, which
    knows other classes than the data's."""
    found, device = features(images, judge), next(judge.parameters()).device
    if not hasattr(judge.net, "head"):
        return found, None
    return found, judge.net.head(found.float().to(device)).softmax(1).cpu()


def inside(x: Tensor, real: Tensor) -> Tensor:
    """Whether features (M, F) lie in a ball around one of (N, F), as wide as the way to its fifth
    neighbour, shape (M,)."""
    radius = reach(real, min(NEIGHBOURS, len(real) - 1))
    return over(lambda far: (far <= radius).any(1), x, real)


def special(data: dict[str, Tensor]) -> int | None:
    """The class with less than half as many training images as the largest, if there is one."""
    counts = torch.bincount(data["train_labels"], minlength=int(data["test_labels"].max()) + 1)
    return int(counts.argmin()) if counts.min() < counts.max() / 2 else None


def coherent(features: Tensor, chance: Tensor | None, real: Tensor, labels: Tensor) -> Tensor:
    """The judge is sure of a class, and a real image of that class is near; bools (M,)."""
    if chance is None:
        return inside(features, real)
    (top, guess), found = chance.max(1), torch.zeros(len(features), dtype=torch.bool)
    for label in labels.unique():
        mine = (guess == label) & (top > SURE)
        found |= mine & inside(features, real[labels == label])
    return found


def coherence(fake: Tensor, data: dict[str, Tensor], judge: Model) -> dict[str, Tensor]:
    """`judged` of images (M, C, H, W)."""
    (real, _), (train, _) = read(data["test"], judge), read(data["train"], judge)
    return judged(*read(fake, judge), real, train, data)


def judged(
    features: Tensor, chance: Tensor | None, real: Tensor, train: Tensor, data: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Per sample of features (M, F) and class probabilities, beside the features of the test and of
    the training images, shape (M,): the scores of `novelty` and bools: `coherent`; `novel`,
    coherent and further from the training images than 95 % of the test images are; and, with a
    rare or withheld class, `hit`, coherent and of that class."""
    good = coherent(features, chance, real, data["test_labels"])
    usual = nearest(real, train, COUNT).mean(1).quantile(PERCENTILE)
    scores = novelty(features, train)
    found = scores | {"coherent": good, "novel": good & (scores["avgknn"] > usual)}
    label = special(data)
    if label is None or chance is None:
        return found
    return found | {"hit": good & (chance.argmax(1) == label)}
