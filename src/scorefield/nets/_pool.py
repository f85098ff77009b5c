"""Means over windows of images, with a gradient whose bytes are the same again on a GPU."""

from itertools import product

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d


class Pool(nn.Module):
    """Images (B, C, H, W) to means (B, C, side, side) over windows, which overlap where `side` does
    not divide H or W: `nn.AdaptiveAvgPool2d`, whose gradient on CUDA is added up in an order that
    differs between runs, and which Apple's GPUs have for some sizes only."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        builtin = x.device.type == "cpu"
        return adaptive_avg_pool2d(x, self.side) if builtin else window_means(x, self.side)


def window_means(x: Tensor, side: int) -> Tensor:
    """The same means, place by place of the windows, by indexing alone."""
    (top, height), (left, width) = (windows(n, side, x.device) for n in x.shape[2:])
    tall, wide = (-(-n // side) + (n % side > 0) for n in x.shape[2:])
    total = x.new_zeros(*x.shape[:2], side, side)
    for i, j in product(range(tall), range(wide)):
        rows, columns = (top + i).clamp_max(x.shape[2] - 1), (left + j).clamp_max(x.shape[3] - 1)
        inside = (i < height)[:, None] & (j < width)
        total = total + inside * x[:, :, rows[:, None], columns]
    return total / height[:, None] / width


def windows(n: int, side: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """The first index and the length of each of `side` windows that cover n places, (side,)."""
    i = torch.arange(side, device=device)
    first, last = i * n // side, ((i + 1) * n + side - 1) // side
    return first, last - first
