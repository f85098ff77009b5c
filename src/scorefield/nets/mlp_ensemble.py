"""An ensemble of small multilayer perceptrons: one member for each law of a dataset."""

from math import pi

import torch
from torch import Tensor, nn

from scorefield.core.bounds import Size
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule

ROLE, KINDS = "denoiser", ("layouts",)
WAVES = (0.7, 1.9, 3.3)  # angular frequencies, different from those of the named layouts


def mlp_ensemble(
    shapes: dict[str, list[int]], schedule: Schedule, *, width: Size = 64, depth: Size = 4
) -> Network:
    """Points (B, E, D), or their rows (B E, D) in the same order, and t to the same shape. Members
    share only the optimiser steps and the clipping of gradients. Fourier features of the
    coordinates (Tancik et al. 2020) sharpen the boundaries between modes."""
    _, members, dim = shapes["train"]
    return MLPEnsemble(members, dim, width, depth)


def uniform(fan_in: int, shape: tuple[int, ...]) -> nn.Parameter:
    """Uniform random values in [-1, 1] / sqrt(fan_in)."""
    return nn.Parameter((2 * torch.rand(*shape) - 1) / fan_in**0.5)


class MLPEnsemble(Network):
    """All members as batched matrix products; weights are (E, in, out)."""

    frequencies: Tensor

    def __init__(self, members: int, dim: int, width: int, depth: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", pi * torch.arange(1, 9), persistent=False)
        self.dim = dim * (1 + 2 * len(WAVES))
        sizes = [(self.dim + 16, width), *[(width, width)] * depth, (width, dim)]
        self.weight = nn.ParameterList(uniform(a, (members, a, b)) for a, b in sizes)
        self.bias = nn.ParameterList(uniform(a, (members, 1, b)) for a, b in sizes)

    def embeddings(self) -> tuple[nn.Module, ...]:
        """The biases, which are (E, 1, out), and the weights of the first and the last layer."""
        return (self.bias, nn.ParameterList([self.weight[0], self.weight[-1]]))

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        members = len(self.weight[0])
        points = x.reshape(-1, members, x.shape[-1]).transpose(0, 1)
        waves = [wave(k * points) for k in WAVES for wave in (torch.sin, torch.cos)]
        points = torch.cat([points, *waves], -1)
        of_points, of_times = self.weight[0].split([self.dim, 16], 1)
        h = torch.baddbmm(self.bias[0], points, of_points) + self.timed(x, t, of_times)
        for weight, bias in zip(self.weight[1:-1], self.bias[1:-1], strict=True):
            h = h + torch.baddbmm(bias, nn.functional.silu(h), weight)
        out = torch.baddbmm(self.bias[-1], nn.functional.silu(h), self.weight[-1])
        return out.transpose(0, 1).reshape(x.shape)

    def timed(self, x: Tensor, t: Tensor, weight: Tensor) -> Tensor:
        """The contribution of times to the first layer, (E, B, width). One time for all becomes one
        of each row, because the number of rows decides how a matrix product is rounded."""
        if t.ndim > 0 and x.ndim == 2:
            t = t.reshape(-1, len(weight)).T
        features = self.features(t.reshape(len(t) if t.ndim == 2 else 1, -1, 1))
        rows = x.shape[0] if x.ndim == 3 else len(x) // len(weight)
        return features.expand(len(weight), rows, -1).contiguous() @ weight

    def features(self, t: Tensor) -> Tensor:
        """Sines and cosines of times (..., 1), (..., 16)."""
        angle = t * self.frequencies
        return torch.cat([angle.sin(), angle.cos()], -1)
