"""A residual multilayer perceptron for vectors."""

from math import pi

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from scorefield.core.bounds import Count
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule


def mlp(
    shapes: dict[str, list[int]], schedule: Schedule, *, width: Count = 128, depth: Count = 4
) -> Network:
    """Vectors (B, D) and t to (B, D); with xi, vectors (B, 2 D)."""
    return MLP(shapes["train"][1], width, depth, shapes.get("xi", [0, 0])[1])


class MLP(Network):
    """Residual layers of a fixed width, on a vector and sines and cosines of the time."""

    frequencies: Tensor

    def __init__(self, dim: int, width: int, depth: int, extra: int = 0) -> None:
        super().__init__()
        self.register_buffer("frequencies", pi * torch.arange(1, 9), persistent=False)
        self.enter = nn.Linear(dim + extra + 16, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.leave = nn.Linear(width, dim)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        angle = t.to(x).expand(len(x), 1) * self.frequencies
        h = self.enter(torch.cat([x, angle.sin(), angle.cos()], -1))
        for layer in self.hidden:
            h = h + layer(silu(h))
        return self.leave(silu(h))
