"""A log ratio of two vectors: two multilayer perceptrons and a head."""

from typing import Literal

import torch
from torch import Tensor, nn

from scorefield.core.bounds import Size
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule
from scorefield.nets._ratio import Ratio, pair_size, time_features

ROLE, KINDS = "ratio", ("points",)


def ratio_mlp(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    width: Size = 64,
    depth: Size = 3,
    pairing: Literal["class", "instance"] = "instance",
    condition: Literal["clean", "same_t"] = "clean",
    least: float = -20.0,
    most: float = 6.0,
) -> Network:
    """T of vectors x (B, D) and y (B, E), see `nets._ratio.Ratio`."""
    sizes = shapes["train"][1], pair_size(shapes)
    of_x, of_y = (Encoder(size, width, depth) for size in sizes)
    return Ratio((of_x, of_y), schedule, width, pairing, condition, least, most)


class Encoder(nn.Module):
    """Vectors (B, dim) and t (B,) to features (B, width)."""

    def __init__(self, dim: int, width: int, depth: int) -> None:
        super().__init__()
        self.enter = nn.Linear(dim + 16, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        h = self.enter(torch.cat([x, time_features(t.to(x))], -1))
        for layer in self.hidden:
            h = h + layer(nn.functional.silu(h))
        return h
