"""How an estimate of a variance agrees with the true one."""

import torch
from torch import Tensor


def agreement_line(truth: Tensor, estimate: Tensor) -> Tensor:
    """The slope of the least-squares line from truth to estimate, and Pearson's correlation, of
    columns (N, ...), as (2, ...). Noise in the estimate does not change the slope; it lowers the
    correlation. NaN for a constant truth."""
    a, b = truth.double(), estimate.double()
    a, b = a - a.mean(0), b - b.mean(0)
    square, product = a.square().sum(0), (a * b).sum(0)
    return torch.stack([product / square, product / (square * b.square().sum(0)).sqrt()])
