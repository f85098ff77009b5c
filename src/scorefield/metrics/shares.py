"""Shares of samples by mode or class."""

import torch
from torch import Tensor

from scorefield.core.exact import Mixture


def mode_of(law: Mixture, mode: Tensor, x: Tensor, within: float) -> Tensor:
    """The mode of each point x (B, D), (B,): that of the nearest component, or -1 where all are
    further than `within` standard deviations; `mode` (K,) is the mode of each component."""
    variance, basis = law.axes
    along = torch.einsum("bkd,kde->bke", x.double()[:, None] - law.mean, basis)
    distance, nearest = (along**2 / variance).sum(-1).sqrt().min(1)
    return torch.where(distance <= within, mode[nearest], -1)


def shares(labels: Tensor, categories: int) -> Tensor:
    """The share of each category 0 ... categories - 1 among all labels, (categories,); a label of
    -1 belongs to none."""
    return torch.stack([(labels == c).double().mean() for c in range(categories)])
