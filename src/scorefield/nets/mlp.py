"""A residual multilayer perceptron for vectors."""

from math import pi

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from scorefield.core.bounds import Size
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule

ROLE, KINDS, JUMPS = "denoiser", ("points",), True


def mlp(
    shapes: dict[str, list[int]], schedule: Schedule, *, width: Size = 128, depth: Size = 4
) -> Network:
    """Vectors (B, D) and t to (B, D); with xi, vectors (B, 2 D); with until, also a second time."""
    extra = shapes.get("xi", [0, 0])[1]
    return MLP(shapes["train"][1], width, depth, extra, "until" in shapes)


class MLP(Network):
    """Residual layers of a fixed width, on a vector and sines and cosines of the time, and of the
    difference of two times for a network that jumps."""

    frequencies: Tensor

    def __init__(
        self, dim: int, width: int, depth: int, extra: int = 0, jumps: bool = False
    ) -> None:
        super().__init__()
        self.jumps = jumps
        slowest = pi / 10 if jumps else pi  # fast waves have large derivatives in time
        self.register_buffer("frequencies", slowest * torch.arange(1, 9), persistent=False)
        self.enter = nn.Linear(dim + extra + 16 * (1 + jumps), width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.leave = nn.Linear(width, dim)

    def waves(self, t: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Sines and cosines of a time, (B, 8) each."""
        angle = t.to(x).expand(len(x), 1) * self.frequencies
        return angle.sin(), angle.cos()

    def forward(self, x: Tensor, t: Tensor, labels: None = None, s: Tensor | None = None) -> Tensor:
        span = () if s is None else self.waves(t - s, x)
        h = self.enter(torch.cat([x, *self.waves(t, x), *span], -1))
        for layer in self.hidden:
            h = h + layer(silu(h))
        return self.leave(silu(h))
