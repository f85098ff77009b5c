"""Many small multilayer perceptrons side by side: one member for each law of a dataset."""

from math import pi

import torch
from torch import Tensor, nn

from scorefield.core.schedule import Schedule

WAVES = (0.7, 1.9, 3.3)  # angular frequencies, none near that of a named layout


def mlps(shapes: dict[str, list[int]], schedule: Schedule, *, width: int, depth: int) -> nn.Module:
    """Points (B, E, D), or their rows (B E, D) in the same order, and t to the same shape; the
    members share times, steps and the clipping of gradients, nothing else. Coordinates enter with
    Fourier features (Tancik et al. 2020), which sharpens the borders between modes."""
    return MLPs(*shapes["train"][1:], width, depth)


class MLPs(nn.Module):
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
        angle = t.to(x).reshape(-1, 1) * self.frequencies
        times = torch.cat([angle.sin(), angle.cos()], -1)
        waves = [f(k * points) for k in WAVES for f in (torch.sin, torch.cos)]
        points = torch.cat([points, *waves], -1)
        enter = self.weight[0].split([self.dim, 16], 1)
        h = torch.baddbmm(self.bias[0], points, enter[0]) + times @ enter[1]
        for weight, bias in zip(self.weight[1:-1], self.bias[1:-1], strict=True):
            h = h + torch.baddbmm(bias, nn.functional.silu(h), weight)
        out = torch.baddbmm(self.bias[-1], nn.functional.silu(h), self.weight[-1])
        return out.transpose(0, 1).reshape(x.shape)
