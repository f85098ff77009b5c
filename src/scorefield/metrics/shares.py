"""How samples spread over modes or classes."""

import torch
from torch import Tensor

from scorefield.core.exact import Mixture


def mode_of(law: Mixture, mode: Tensor, x: Tensor, within: float) -> Tensor:
    """The mode of the nearest component, (B,), or -1 where x (B, D) lies further than `within`
    standard deviations from each; mode (K,) is that of each component."""
    variance, basis = law.axes
    along = torch.einsum("bkd,kde->bke", x.double()[:, None] - law.mean, basis)
    far, nearest = (along**2 / variance).sum(-1).sqrt().min(1)
    return torch.where(far <= within, mode[nearest], -1)


def shares(labels: Tensor, categories: int) -> Tensor:
    """The share of each category 0 ... categories - 1 among all labels, (categories,); -1 counted
    as none."""
    return torch.stack([(labels == c).double().mean() for c in range(categories)])
