"""Times of the rows of a batch."""

from typing import Literal

import torch
from torch import Tensor

Levels = Literal["uniform", "logit_normal"]


def drawn_times(x: Tensor, levels: str, location: float, spread: float, training: bool) -> Tensor:
    """Stratified times in (0, 1] of rows x (B, ...), (B,): uniform, or in training logit-normal
    (Esser et al. 2024, section 3.1), the sigmoid of a normal of mean `location` and standard
    deviation `spread`."""
    uniform = stratified(len(x), x.device)
    if training and levels == "logit_normal":
        return torch.sigmoid(location + spread * torch.special.ndtri(uniform))
    return uniform


def stratified(n: int, device: torch.device) -> Tensor:
    """n times in (0, 1] in random order, one uniform in each of n equal parts, (n,). The loss of a
    batch varies less with them than with independent times (Kingma et al. 2021, appendix I)."""
    part = torch.randperm(n, device=device)
    return (part + (1 - torch.rand(n, device=device))) / n  # in this order never rounded to 0
