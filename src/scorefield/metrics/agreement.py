"""Whether samples x are of the class of what they were to match, y, and how closely they do."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.core.exact import Mixture
from scorefield.core.schedule import linear
from scorefield.metrics.discovery import share_error
from scorefield.metrics.fidelity import fidelity
from scorefield.metrics.mmd import mmd2
from scorefield.metrics.shares import classes


def counted(found: Tensor, due: Tensor) -> dict[str, float]:
    """`agreement`, the share of classes (N,) that are as due, with the standard error of
    independent samples; and their `entropy` in nats, log 10 for ten equal parts."""
    share, part = (found == due).double().mean().item(), torch.bincount(found).double() / len(found)
    figures = {"agreement": share, "agreement_se": share_error(share, len(found))}
    return figures | {"entropy": torch.special.entr(part).sum().item()}


def of_images(x: Tensor, due: Tensor, data: dict[str, Tensor], judge: Model) -> dict[str, float]:
    """Figures of images whose classes should be `due` (N,), and their FID to the test split."""
    return counted(classes(x, judge), due) | {"fid": fidelity(x, data["test"], judge)["fid"]}


def of_plane(x: Tensor, y: Tensor, data: dict[str, Tensor]) -> dict[str, float]:
    """Figures of plane points (N, 2) of a joint mixture, a class being a component: agreement; the
    `slope` of x on y and the `residual` variance a coordinate, both about the component's means
    and over those that agree; and the squared MMD of x to the test split."""
    mean, cov = data["joint.mean"], data["joint.cov"]
    half, now = mean.shape[1] // 2, torch.zeros(())
    found = [
        Mixture(data["joint.weight"], mean[:, part], cov[:, part, part])
        .log_joint(linear(), at.double(), now)
        .argmax(1)
        for part, at in ((slice(half), x), (slice(half, None), y))
    ]
    agree, k = found[0] == found[1], found[1]
    dx, dy = (x.double() - mean[k, :half])[agree], (y.double() - mean[k, half:])[agree]
    slope = ((dx * dy).sum() / dy.square().sum()).item()
    figures = {"slope": slope, "residual": (dx - slope * dy).square().mean().item()}
    return counted(*found) | figures | {"mmd2": mmd2(x, data["test"], 1.0)}


def agreement(
    fake: Tensor, unguided: Tensor, source: Tensor, data: dict[str, Tensor], judge: Model
) -> dict[str, float]:
    """Figures of images that were to match test pairs `source` (N,); and with _unguided those and
    the FID of the unguided samples from the same noise."""
    due = data["test_labels"][source]
    plain = of_images(unguided, due, data, judge)
    return counted(classes(fake, judge), due) | {f"{k}_unguided": v for k, v in plain.items()}
