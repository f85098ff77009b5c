"""All scores of images, and the floor: real training data against real test data."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.core.errors import InputError
from scorefield.core.files import to_bytes
from scorefield.metrics.bootstrap import Z, bootstrap
from scorefield.metrics.coherence import judged, read
from scorefield.metrics.copies import copies
from scorefield.metrics.discovery import discovery, share_error
from scorefield.metrics.fidelity import compared, features
from scorefield.metrics.novelty import summary
from scorefield.metrics.shares import classes, shares
from scorefield.metrics.support import support


@torch.no_grad()
def images(
    fake: Tensor,
    data: dict[str, Tensor],
    judge: Model,
    *,
    neighbours: int,
    kid_subsets: int,
    kid_subset_size: int,
    resamples: int,
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Figures, and a table of shares by the judge's class; images are bytes or in [-1, 1].

    fid_low and fid_high are 1.96 standard deviations of `resamples` bootstraps away. class_min and
    class_max are the smallest and largest share of a class among the samples. The others are those
    of `compared`, `support`, `copies` and `worth`.
    """
    if not hasattr(judge.net, "features"):
        raise InputError("judge: images are judged by a classifier (net: convnet or inception)")
    if fake.shape[1:] != data["test"].shape[1:]:
        raise InputError(f"samples: expected images {[*data['test'].shape[1:]]}")
    fake, splits = to_bytes(fake), [key for key in ("train", "validation", "test") if key in data]
    real = {key: features(data[key], judge) for key in splits}
    mine, chance = read(fake, judge)
    figures = compared(mine, real["test"], neighbours, kid_subsets, kid_subset_size)
    spread = Z * bootstrap(mine, real["test"], resamples)
    figures |= {"fid_low": figures["fid"] - spread, "fid_high": figures["fid"] + spread}
    figures |= support(mine, real["test"]) | {"n": len(fake)}
    figures |= copies(views(fake, mine), *(views(data[key], real[key]) for key in splits))
    count = int(data["test_labels"].max()) + 1
    guess = classes(fake, judge) if chance is None else chance.argmax(1)
    found, true = shares(guess, count), shares(data["test_labels"], count)
    figures |= {"class_min": found.min().item(), "class_max": found.max().item()}
    figures |= worth(judged(mine, chance, real["test"], real["train"], data))
    return figures, {"share": found.tolist(), "expected": true.tolist()}


def views(images: Tensor, features: Tensor) -> dict[str, Tensor]:
    """In which copies are looked for: pixels, as files hold them, and features."""
    return {"pixels": to_bytes(images).flatten(1), "features": features}


def floor(data: dict[str, Tensor], judge: Model, given: dict[str, int]) -> dict[str, float]:
    """`compared` and `support` of the training images, as if they were samples: what no model can
    be expected to surpass; and `copies`, the share of test images that copy one of them, which new
    images should not. `given` are the numbers of `images`."""
    read, due = (features(data[key], judge) for key in ("train", "test"))
    keys = ("neighbours", "kid_subsets", "kid_subset_size")
    figures = compared(read, due, *(given[key] for key in keys)) | support(read, due)
    return figures | copies(views(data["test"], due), views(data["train"], read))


def worth(scores: dict[str, Tensor]) -> dict[str, float]:
    """Of the scores of `judged`: the shares of samples that are `coherent`, and coherent and
    `novel`, with standard errors; `hit` and `junk` where a class is rare or withheld; means of the
    novelty of all."""
    n = len(scores["coherent"])
    share = {key: scores[key].double().mean().item() for key in ("coherent", "novel")}
    figures = share | {f"{key}_se": share_error(value, n) for key, value in share.items()}
    if "hit" in scores:
        hit = scores["hit"].double().mean().item()
        figures |= discovery(hit, 1 - share["coherent"], n)
    return figures | summary({key: scores[key] for key in ("avgknn", "lof", "rarity")})
