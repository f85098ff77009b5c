"""A log ratio of two vectors: two multilayer perceptrons and a head."""

from typing import Literal

import torch
from torch import Tensor, nn

from scorefield.core.ratio import Ratio, paired, waves
from scorefield.core.schedule import Schedule


def ratio_mlp(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    width: int,
    depth: int,
    pairing: Literal["class", "instance"],
    condition: Literal["clean", "same_t"],
    least: float,
    most: float,
) -> nn.Module:
    """T of vectors x (B, D) and y (B, E), see `core.ratio.Ratio`."""
    sizes = shapes["train"][1], paired(shapes)
    encoders = tuple(Encoder(size, width, depth) for size in sizes)
    return Ratio(encoders, width, pairing, condition, least, most)


class Encoder(nn.Module):
    def __init__(self, dim: int, width: int, depth: int) -> None:
        super().__init__()
        self.enter = nn.Linear(dim + 16, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        h = self.enter(torch.cat([x, waves(t.to(x))], -1))
        for layer in self.hidden:
            h = h + layer(nn.functional.silu(h))
        return h
