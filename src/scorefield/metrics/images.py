"""All figures of images, and their floor: those of the training images."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from scorefield.core.bounds import Count, Several
from scorefield.core.datasets import Images
from scorefield.metrics.bootstrap import Z, bootstrap
from scorefield.metrics.coherence import Reading, coherence
from scorefield.metrics.density_coverage import density_coverage
from scorefield.metrics.discovery import discovery, share_error
from scorefield.metrics.fidelity import fid, fidelity
from scorefield.metrics.memorisation import memorisation
from scorefield.metrics.novelty import novelty_summary
from scorefield.metrics.shares import shares
from scorefield.pipeline.files import to_bytes


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
    """Figures of images (M, C, H, W), bytes or in [-1, 1], and a table of shares by class.
    `reading` is the evaluator's output for them, `real` are the features (N, F) of the splits of
    the data.

    fid_low and fid_high are the ends of the 95 % interval of fid, from `resamples` bootstraps;
    fid_floor is the FID of the training images. class_min and class_max are the smallest and the
    largest share of a class among the samples. The others are those of `fidelity`,
    `density_coverage`, `memorisation` and `coherence_summary`. Shares of classes are left out where
    the evaluator does not know the classes of the data.
    """
    features, test = reading.features, real["test"]
    figures = fidelity(features, test, neighbours, kid_subsets, kid_subset_size)
    spread = Z * bootstrap(features, test, resamples)
    figures |= {"fid_low": figures["fid"] - spread, "fid_high": figures["fid"] + spread}
    figures |= {"fid_floor": fid(real["train"], test)}
    figures |= density_coverage(features, test) | {"n": len(fake)}
    known = [views(data.tensors[split], rows) for split, rows in real.items()]
    figures |= memorisation(views(fake, features), *known)
    figures |= coherence_summary(coherence(reading, test, real["train"], data))
    table = {"expected": shares(data.test_labels, data.classes).tolist()}
    if reading.probabilities is not None:
        found = shares(reading.probabilities.argmax(1), data.classes)
        figures |= {"class_min": found.min().item(), "class_max": found.max().item()}
        table = {"share": found.tolist()} | table
    return figures, table


def views(images: Tensor, features: Tensor) -> dict[str, Tensor]:
    """The representations in which copies are detected: pixels as bytes, and features."""
    return {"pixels": to_bytes(images).flatten(1), "features": features}


def image_floor(
    data: Images, train: Tensor, test: Tensor, numbers: Mapping[str, Any]
) -> dict[str, float]:
    """Figures that no model can be expected to surpass: `fidelity` and `density_coverage` of the
    training images as if they were samples, from the features of both splits; and `memorisation`
    of the test images, as the rate of false alarms. `numbers` are the knobs of `images`."""
    keys = ("neighbours", "kid_subsets", "kid_subset_size")
    figures = fidelity(train, test, **{key: numbers[key] for key in keys if key in numbers})
    figures |= density_coverage(train, test)
    return figures | memorisation(views(data.test, test), views(data.train, train))


def coherence_summary(scores: dict[str, Tensor]) -> dict[str, float]:
    """Figures of the scores of `coherence`: the shares of samples that are `coherent` and `novel`,
    with standard errors; `rare_mode` and `off_mode` where a class is rare or withheld; and the
    means of the novelty scores."""
    n = len(scores["coherent"])
    share = {key: scores[key].double().mean().item() for key in ("coherent", "novel")}
    figures = share | {f"{key}_se": share_error(value, n) for key, value in share.items()}
    if "rare_mode" in scores:
        rare_mode = scores["rare_mode"].double().mean().item()
        figures |= discovery(rare_mode, 1 - share["coherent"], n)
    return figures | novelty_summary({key: scores[key] for key in ("avgknn", "lof", "rarity")})
