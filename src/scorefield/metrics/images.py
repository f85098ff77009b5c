"""All scores of images, and the floor: real training data against real test data."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from scorefield.core.bounds import Count, Several
from scorefield.core.datasets import Images
from scorefield.core.files import to_bytes
from scorefield.metrics.bootstrap import Z, bootstrap
from scorefield.metrics.coherence import Reading, coherence
from scorefield.metrics.copies import copies
from scorefield.metrics.density_coverage import density_coverage
from scorefield.metrics.discovery import discovery, share_error
from scorefield.metrics.fidelity import fidelity
from scorefield.metrics.novelty import summary
from scorefield.metrics.shares import shares


def images(
    fake: Tensor,
    reading: Reading,
    data: Images,
    real: dict[str, Tensor],
    *,
    neighbours: Count = 3,
    kid_subsets: Count = 50,
    kid_subset_size: Several = 500,
    resamples: Several = 100,
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Figures of images (M, C, H, W), bytes or in [-1, 1], that an evaluator has read, and a table
    of shares by its class; `real` are the features (N, F) of the data's splits.

    fid_low and fid_high are 1.96 standard deviations of `resamples` bootstraps away. class_min and
    class_max are the smallest and largest share of a class among the samples. The others are those
    of `fidelity`, `density_coverage`, `copies` and `worth`. Shares of classes are left out where
    the evaluator does not know the data's classes.
    """
    mine, test = reading.features, real["test"]
    figures = fidelity(mine, test, neighbours, kid_subsets, kid_subset_size)
    spread = Z * bootstrap(mine, test, resamples)
    figures |= {"fid_low": figures["fid"] - spread, "fid_high": figures["fid"] + spread}
    figures |= density_coverage(mine, test) | {"n": len(fake)}
    known = [views(data.tensors[split], features) for split, features in real.items()]
    figures |= copies(views(fake, mine), *known)
    figures |= worth(coherence(reading, test, real["train"], data))
    table = {"expected": shares(data.test_labels, data.classes).tolist()}
    if reading.probabilities is not None:
        found = shares(reading.probabilities.argmax(1), data.classes)
        figures |= {"class_min": found.min().item(), "class_max": found.max().item()}
        table = {"share": found.tolist()} | table
    return figures, table


def views(images: Tensor, features: Tensor) -> dict[str, Tensor]:
    """In which copies are looked for: pixels, as files hold them, and features."""
    return {"pixels": to_bytes(images).flatten(1), "features": features}


def image_floor(
    data: Images, train: Tensor, test: Tensor, numbers: Mapping[str, Any]
) -> dict[str, float]:
    """What no model can be expected to surpass: `fidelity` and `density_coverage` of the training
    images as if they were samples, from the features of both splits; and `copies`, the share of
    test images that copy one of them, which new images should not. `numbers` are the knobs of
    `images`."""
    keys = ("neighbours", "kid_subsets", "kid_subset_size")
    figures = fidelity(train, test, **{key: numbers[key] for key in keys if key in numbers})
    figures |= density_coverage(train, test)
    return figures | copies(views(data.test, test), views(data.train, train))


def worth(scores: dict[str, Tensor]) -> dict[str, float]:
    """Of the scores of `coherence`: the shares of samples that are `coherent`, and coherent and
    `novel`, with standard errors; `hit` and `junk` where a class is rare or withheld; means of the
    novelty of all."""
    n = len(scores["coherent"])
    share = {key: scores[key].double().mean().item() for key in ("coherent", "novel")}
    figures = share | {f"{key}_se": share_error(value, n) for key, value in share.items()}
    if "hit" in scores:
        hit = scores["hit"].double().mean().item()
        figures |= discovery(hit, 1 - share["coherent"], n)
    return figures | summary({key: scores[key] for key in ("avgknn", "lof", "rarity")})
