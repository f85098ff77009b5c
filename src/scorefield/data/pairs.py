"""Pairs (x, y) of points in 2-D from a joint Gaussian mixture: their density ratio is known."""

import torch
from torch import Tensor

from scorefield.core.bounds import Correlation, Enough, Seed
from scorefield.core.exact import Mixture
from scorefield.data._points import points

KIND, PAIRS = "points", True


def pairs(
    *,
    correlation: Correlation = 0.8,
    swap: bool = False,
    train: Enough = 16384,
    validation: Enough = 4096,
    test: Enough = 4096,
    seed: Seed = 0,
) -> dict[str, Tensor]:
    """x in train, validation, test (N, 2) with its mixture; y in <split>_pair (N, 2); the law of
    (x, y) in joint.weight, joint.mean (K, 4), joint.cov.

    There are three components; within each, x and y have the given correlation. With `swap`, x and
    y are exchanged.
    """
    centre = torch.tensor([[2.0, 0.0], [-1.0, 1.8], [-1.0, -1.8]], dtype=torch.float64)
    halves = (centre, centre.roll(1, dims=0))
    mean = torch.cat(halves[::-1] if swap else halves, 1)
    coupling = torch.tensor([[1.0, correlation], [correlation, 1.0]], dtype=torch.float64)
    cov = 0.25 * torch.kron(coupling, torch.eye(2, dtype=torch.float64)).repeat(3, 1, 1)
    weight = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    made = points(Mixture(weight, mean, cov), torch.arange(3), train, validation, test, seed)
    joint = {f"joint.{key}": made.pop(f"mixture.{key}") for key in ("weight", "mean", "cov")}
    made |= joint | {
        "mixture.weight": weight.clone(),
        "mixture.mean": mean[:, :2].contiguous(),
        "mixture.cov": cov[:, :2, :2].contiguous(),
    }
    for split in ("train", "validation", "test"):
        made[split], made[f"{split}_pair"] = made[split].split(2, dim=1)
    return made
