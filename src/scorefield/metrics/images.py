"""All scores of images, with the floor: real training data against real test data."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.core.errors import InputError
from scorefield.metrics.coherence import coherence
from scorefield.metrics.discovery import discovery, share_error
from scorefield.metrics.fidelity import fidelity
from scorefield.metrics.novelty import summary
from scorefield.metrics.shares import classes, shares


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
    smallest and largest share of a class among the samples. The others are those of `worth`.
    """
    if not hasattr(judge.net, "features"):
        raise InputError("judge: images are judged by a classifier (net: convnet or inception)")
    given = (neighbours, kid_subsets, kid_subset_size)
    figures = fidelity(fake, data["test"], judge, *given)
    floor = fidelity(data["train"], data["test"], judge, *given)
    figures |= {f"{key}_floor": value for key, value in floor.items()}
    count = int(data["test_labels"].max()) + 1
    found, true = shares(classes(fake, judge), count), shares(data["test_labels"], count)
    figures |= {"class_min": found.min().item(), "class_max": found.max().item()}
    return figures | worth(fake, data, judge), {"share": found.tolist(), "expected": true.tolist()}


def worth(fake: Tensor, data: dict[str, Tensor], judge: Model) -> dict[str, float]:
    """The shares of samples that are `coherent`, and coherent and `novel`, with standard errors;
    `hit` and `junk` where a class is rare or withheld; means of the novelty of all."""
    scores = coherence(fake, data, judge)
    n = len(fake)
    share = {key: scores[key].double().mean().item() for key in ("coherent", "novel")}
    figures = share | {f"{key}_se": share_error(value, n) for key, value in share.items()}
    if "hit" in scores:
        hit = scores["hit"].double().mean().item()
        figures |= discovery(hit, 1 - share["coherent"], n)
    return figures | summary({key: scores[key] for key in ("avgknn", "lof", "rarity")})
