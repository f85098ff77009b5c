"""A residual convolutional network on images folded to half their size."""

import torch
from torch import nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle, silu

from scorefield.core.bounds import Count


def network(shapes, schedule, *, width: Count = 48, depth: Count = 4):
    """Images (B, C, H, W) and t to (B, C, H, W)."""
    return ResidualNetwork(4 * shapes["train"][1], width, depth)


class ResidualNetwork(nn.Module):
    def __init__(self, channels, width, depth):
        super().__init__()
        self.enter = nn.Conv2d(channels + 1, width, 3, padding=1)
        self.middle = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(depth))
        self.leave = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, x, t):
        h = pixel_unshuffle(x, 2)
        time = t.to(x).reshape(-1, 1, 1, 1).expand(len(x), 1, *h.shape[2:])
        h = self.enter(torch.cat([h, time], 1))
        for layer in self.middle:
            h = h + layer(silu(h))
        return pixel_shuffle(self.leave(silu(h)), 2)
