"""How samples spread over modes or classes."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.core.exact import Mixture
from scorefield.core.files import to_unit
from scorefield.core.ranks import by_rows


def mode_of(law: Mixture, mode: Tensor, x: Tensor, within: float) -> Tensor:
    """The mode of the nearest component, or -1 where x (B, D) lies further than `within` standard
    deviations from each."""
    variance, basis = law.axes
    along = torch.einsum("bkd,kde->bke", x.double()[:, None] - law.mean, basis)
    far, nearest = (along**2 / variance).sum(-1).sqrt().min(1)
    return torch.where(far <= within, mode[nearest], -1)


def shares(labels: Tensor, categories: int) -> Tensor:
    """The share of each category 0 ... categories - 1 among all labels, -1 counted as none."""
    return torch.stack([(labels == c).double().mean() for c in range(categories)])


@torch.no_grad()
def classes(x: Tensor, judge: Model) -> Tensor:
    """The judge's class of images (N, C, H, W), (N,)."""
    device = next(judge.parameters()).device
    read = lambda part: judge.net(to_unit(part).to(device)).argmax(1).cpu()
    return by_rows(read, x, 500)
