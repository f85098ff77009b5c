"""Agreement of samples x with the y that they should match: of their classes, and of their
values."""

import torch
from torch import Tensor

from scorefield.core.datasets import Images, Points
from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.core.schedule import linear
from scorefield.metrics.bootstrap import Z, bootstrap
from scorefield.metrics.coherence import coherent
from scorefield.metrics.discovery import share_error
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.metrics.fidelity import fid
from scorefield.metrics.mmd import mmd, mmd_se


def class_agreement(found: Tensor | None, expected: Tensor | None) -> dict[str, float]:
    """`agreement`, the share of samples whose class (N,) is the expected one, with its standard
    error for independent samples; and the `entropy` of the classes in nats. Empty where either is
    None."""
    if found is None or expected is None:
        return {}
    share = (found == expected).double().mean().item()
    frequencies = torch.bincount(found).double() / len(found)
    return {
        "agreement": share,
        "agreement_se": share_error(share, len(found)),
        "entropy": torch.special.entr(frequencies).sum().item(),
    }


def of_images(
    x: Tensor, expected: Tensor | None, data: Images, evaluator: FeatureEvaluator, real: Tensor
) -> dict[str, float]:
    """`class_agreement` of images x (N, C, H, W) with the `expected` classes (N,); their FID to the
    test split, whose features are `real` (M, F), with the ends `fid_low` and `fid_high` of its 95 %
    interval by bootstrap; the share that is `coherent`; and `coherent_agreement`, the agreement of
    those. No agreement where the evaluator knows no classes or none are expected."""
    reading = evaluator.read(x)
    found = None if reading.probabilities is None else reading.probabilities.argmax(1)
    distance, spread = fid(reading.features, real), Z * bootstrap(reading.features, real)
    good = coherent(reading, real, data.test_labels)
    share, figures = good.double().mean().item(), class_agreement(found, expected)
    if found is not None and expected is not None:
        figures["coherent_agreement"] = (found == expected)[good].double().mean().item()
    return figures | {
        "fid": distance,
        "fid_low": distance - spread,
        "fid_high": distance + spread,
        "coherent": share,
        "coherent_se": share_error(share, len(x)),
    }


def of_points(x: Tensor, y: Tensor, data: Points) -> dict[str, float]:
    """Figures of points x and y (N, D) of a joint mixture, whose components are the classes:
    `class_agreement`; the `slope` of the regression of x on y and the `residual` variance per
    coordinate, both around the component means and over pairs that agree, with their standard
    errors for independent samples (of the slope by the residuals' squares, of the variance by their
    fourth moment); and the squared MMD of x to the test split. Raises InputError for data without
    pairs."""
    if data.joint is None:
        raise InputError("data: agreement of points needs a dataset of pairs")
    mean, half = data.joint.mean, x.shape[1]
    found = component(data.joint, slice(half), x)
    expected = component(data.joint, slice(half, None), y)
    agree = found == expected
    dx = (x.double() - mean[expected, :half])[agree]
    dy = (y.double() - mean[expected, half:])[agree]
    slope = (dx * dy).sum() / dy.square().sum()
    squares = (dx - slope * dy).square()
    figures = {
        "slope": slope.item(),
        "slope_se": ((squares * dy.square()).sum().sqrt() / dy.square().sum()).item(),
        "residual": squares.mean().item(),
        "residual_se": (squares.mean(1).std() / len(squares) ** 0.5).item(),
    }
    distance = {"mmd2": mmd(x, data.test), "mmd2_se": mmd_se(x, data.test)}
    return class_agreement(found, expected) | figures | distance


def component(joint: Mixture, part: slice, x: Tensor) -> Tensor:
    """The most likely component (N,) of points (N, D): `part` of the coordinates of a joint law."""
    law = Mixture(joint.weight, joint.mean[:, part], joint.cov[:, part, part])
    return law.log_joint(linear(), x.double(), torch.zeros(())).argmax(1)


def agreement(
    fake: Tensor, unguided: Tensor, source: Tensor, data: Images, evaluator: FeatureEvaluator
) -> dict[str, float]:
    """Figures of images that should match the test pairs with indices `source` (N,); and, as
    unguided_*, those of unguided samples from the same noise, with their FID."""
    expected = data.test_labels[source]
    plain = of_images(unguided, expected, data, evaluator, evaluator.features(data.test))
    guided = class_agreement(evaluator.classes(fake), expected)
    return guided | {f"unguided_{key}": value for key, value in plain.items()}
