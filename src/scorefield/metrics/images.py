"""All figures of images, and their floor: those of the training images."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from scorefield.core.bounds import Count, Several
from scorefield.core.datasets import Images
from scorefield.metrics.bootstrap import Z, bootstrap
from scorefield.metrics.coherence import Reading, coherence
from scorefield.metrics.copies import Seen, image_copies
from scorefield.metrics.density_coverage import density_coverage
from scorefield.metrics.discovery import discovery, share_error
from scorefield.metrics.fidelity import fid, fidelity
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
    resamples: Several = 100,
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Figures of images (M, C, H, W), bytes or in [-1, 1], and a table of shares by class.
    `reading` is the evaluator's output for them, `real` are the features (N, F) of the splits of
    the data.

    fid_low and fid_high are the ends of the 95 % interval of fid, from `resamples` bootstraps;
    fid_train is the FID to the training and validation images, which the literature states for
    50,000 samples; fid_floor is that of the training images to the test images. class_min and
    class_max are the smallest and the largest share of a class among the samples. The others are
    those of `fidelity`, `density_coverage`, `copying` and `coherence_summary`. Shares of
    classes are left out where the evaluator does not know the classes of the data.
    """
    features, test = reading.features, real["test"]
    figures = fidelity(features, test, neighbours)
    spread = Z * bootstrap(features, test, resamples)
    figures |= {"fid_low": figures["fid"] - spread, "fid_high": figures["fid"] + spread}
    seen = torch.cat([rows for split, rows in real.items() if split != "test"])
    figures |= {"fid_train": fid(features, seen), "fid_floor": fid(real["train"], test)}
    figures |= density_coverage(features, test) | {"n": len(fake)}
    known = [Seen(to_bytes(data.tensors[split]), rows) for split, rows in real.items()]
    figures |= copying(Seen(to_bytes(fake), features), *known)
    figures |= coherence_summary(coherence(reading, test, real["train"], data))
    table = {"expected": shares(data.test_labels, data.classes).tolist()}
    if reading.probabilities is not None:
        found = shares(reading.probabilities.argmax(1), data.classes)
        figures |= {"class_min": found.min().item(), "class_max": found.max().item()}
        table = {"share": found.tolist()} | table
    return figures, table


def copying(fake: Seen, *real: Seen) -> dict[str, float]:
    """`copies`, the share of images that copy a real one, and `distinct`, how many differ."""
    share = image_copies(fake, *real).double().mean().item()
    return {"copies": share, "distinct": len(fake.pixels.unique(dim=0))}


def image_floor(
    data: Images, train: Tensor, test: Tensor, numbers: Mapping[str, Any]
) -> dict[str, float]:
    """Figures that no model can be expected to surpass: `fidelity` and `density_coverage` of the
    training images as if they were samples, from the features of both splits; and `copying`
    of the test images, as the rate of false alarms. `numbers` are the knobs of `images`."""
    figures = fidelity(train, test, numbers.get("neighbours", 3))
    figures |= density_coverage(train, test)
    held = Seen(to_bytes(data.test), test)
    return figures | copying(held, Seen(to_bytes(data.train), train))


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
