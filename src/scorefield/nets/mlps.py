"""Many small multilayer perceptrons side by side: one member for each law of a dataset."""

from math import pi

import torch
from torch import Tensor, nn

from scorefield.core.bounds import Count
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule

WAVES = (0.7, 1.9, 3.3)  # angular frequencies, none near that of a named layout


def mlps(
    shapes: dict[str, list[int]], schedule: Schedule, *, width: Count = 64, depth: Count = 4
) -> Network:
    """Points (B, E, D), or their rows (B E, D) in the same order, and t to the same shape; the
    members share steps and the clipping of gradients, nothing else. Coordinates enter with
    Fourier features (Tancik et al. 2020), which sharpens the borders between modes."""
    _, members, dim = shapes["train"]
    return MLPs(members, dim, width, depth)


class MLPs(Network):
    frequencies: Tensor

    def __init__(self, members: int, dim: int, width: int, depth: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", pi * torch.arange(1, 9), persistent=False)
        self.dim = dim * (1 + 2 * len(WAVES))
        sizes = [(self.dim + 16, width), *[(width, width)] * depth, (width, dim)]
        uniform = lambda fan, *shape: nn.Parameter((2 * torch.rand(*shape) - 1) / fan**0.5)
        self.weight = nn.ParameterList(uniform(a, members, a, b) for a, b in sizes)
        self.bias = nn.ParameterList(uniform(a, members, 1, b) for a, b in sizes)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        members = len(self.weight[0])
        points = x.reshape(-1, members, x.shape[-1]).transpose(0, 1)
        waves = [f(k * points) for k in WAVES for f in (torch.sin, torch.cos)]
        points = torch.cat([points, *waves], -1)
        of_points, of_times = self.weight[0].split([self.dim, 16], 1)
        h = torch.baddbmm(self.bias[0], points, of_points) + self.timed(x, t, of_times)
        for weight, bias in zip(self.weight[1:-1], self.bias[1:-1], strict=True):
            h = h + torch.baddbmm(bias, nn.functional.silu(h), weight)
        out = torch.baddbmm(self.bias[-1], nn.functional.silu(h), self.weight[-1])
        return out.transpose(0, 1).reshape(x.shape)

    def timed(self, x: Tensor, t: Tensor, weight: Tensor) -> Tensor:
        """What times add to the first layer: (E, B or 1, width)."""
        if t.ndim > 0 and x.ndim == 2:
            t = t.reshape(-1, len(weight)).T
        features = self.features(t.reshape(len(t) if t.ndim == 2 else 1, -1, 1))
        if features.shape[1] > 1:
            return features @ weight
        return (features.expand(-1, 2, -1) @ weight)[:, :1]  # one row alone is rounded otherwise

    def features(self, t: Tensor) -> Tensor:
        """Times (..., 1) as waves (..., 16)."""
        angle = t * self.frequencies
        return torch.cat([angle.sin(), angle.cos()], -1)
