"""All scores of images, with the floor: real training data against real test data."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.core.errors import InputError
from scorefield.metrics.fidelity import fidelity
from scorefield.metrics.shares import shares


@torch.no_grad()
def images(
    fake: Tensor,
    data: dict[str, Tensor],
    judge: Model,
    *,
    neighbours: int,
    kid_subsets: int,
    kid_subset_size: int,
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Figures and their floors, and a table of shares by the judge's class.

    Floors score the training images as if they were samples. class_min and class_max are the
    smallest and largest share of a class among the samples.
    """
    if not hasattr(judge.net, "features"):
        raise InputError("judge: images are judged by a classifier (net: convnet or inception)")
    given = (neighbours, kid_subsets, kid_subset_size)
    figures = fidelity(fake, data["test"], judge, *given)
    floor = fidelity(data["train"], data["test"], judge, *given)
    figures |= {f"{key}_floor": value for key, value in floor.items()}
    classes = int(data["test_labels"].max()) + 1
    guess = torch.cat([judge.net(part).argmax(1) for part in fake.split(500)])
    found, true = shares(guess, classes), shares(data["test_labels"], classes)
    figures |= {"class_min": found.min().item(), "class_max": found.max().item()}
    return figures, {"share": found.tolist(), "expected": true.tolist()}
