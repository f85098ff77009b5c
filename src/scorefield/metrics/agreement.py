"""Whether samples x are of the class of what they were to match, y, and how closely they do."""

import torch
from torch import Tensor

from scorefield.core.datasets import Images, Points
from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.core.schedule import linear
from scorefield.metrics.discovery import share_error
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.metrics.mmd import mmd


def class_agreement(found: Tensor | None, expected: Tensor | None) -> dict[str, float]:
    """`agreement`, the share of classes (N,) that are as expected, with the standard error of
    independent samples; and their `entropy` in nats, log 10 for ten equal parts. Nothing where
    classes are not known."""
    if found is None or expected is None:
        return {}
    share, part = (found == expected).double().mean().item(), torch.bincount(found).double()
    figures = {"agreement": share, "agreement_se": share_error(share, len(found))}
    return figures | {"entropy": torch.special.entr(part / len(found)).sum().item()}


def of_images(
    x: Tensor, expected: Tensor | None, data: Images, evaluator: FeatureEvaluator
) -> dict[str, float]:
    """Figures of images whose classes should be `expected` (N,), and their FID to the test split;
    without agreement where the evaluator, or who expects, knows no classes."""
    distance = evaluator.distance(x, data.test)
    return class_agreement(evaluator.classes(x), expected) | distance


def of_points(x: Tensor, y: Tensor, data: Points) -> dict[str, float]:
    """Figures of points (N, D) of a joint mixture, a class being a component: agreement; the
    `slope` of x on y and the `residual` variance a coordinate, both about the component's means
    and over those that agree; and the squared MMD of x to the test split. Raises InputError for
    data without pairs."""
    if data.joint is None:
        raise InputError("data: agreement of points needs the law of pairs, such as pairs has")
    mean, half = data.joint.mean, x.shape[1]
    found = component(data.joint, slice(half), x)
    k = component(data.joint, slice(half, None), y)
    agree = found == k
    dx, dy = (x.double() - mean[k, :half])[agree], (y.double() - mean[k, half:])[agree]
    slope = ((dx * dy).sum() / dy.square().sum()).item()
    figures = {"slope": slope, "residual": (dx - slope * dy).square().mean().item()}
    return class_agreement(found, k) | figures | {"mmd2": mmd(x, data.test)}


def component(joint: Mixture, part: slice, x: Tensor) -> Tensor:
    """The likeliest component (N,) of points (N, D) that are these coordinates of a joint law."""
    law = Mixture(joint.weight, joint.mean[:, part], joint.cov[:, part, part])
    return law.log_joint(linear(), x.double(), torch.zeros(())).argmax(1)


def agreement(
    fake: Tensor, unguided: Tensor, source: Tensor, data: Images, evaluator: FeatureEvaluator
) -> dict[str, float]:
    """Figures of images that were to match test pairs `source` (N,); and with _unguided those and
    the FID of the unguided samples from the same noise."""
    expected = data.test_labels[source]
    plain = of_images(unguided, expected, data, evaluator)
    guided = class_agreement(evaluator.classes(fake), expected)
    return guided | {f"{key}_unguided": value for key, value in plain.items()}
