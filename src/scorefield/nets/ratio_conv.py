"""A log ratio of two images: two convolutional encoders and a head."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_unshuffle, silu

from scorefield.core.bounds import NonNegative, Size
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule
from scorefield.nets._groups import groups
from scorefield.nets._pool import Pool
from scorefield.nets._ratio import Ratio, pair_size, time_features

ROLE, KINDS = "ratio", ("images",)


def ratio_conv(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    width: Size = 32,
    features: Size = 128,
    fold: Size = 2,
    pairing: Literal["class", "instance"] = "class",
    condition: Literal["clean", "same_t"] = "clean",
    least: float = -20.0,
    most: float = 4.0,
    shift: NonNegative = 2.0,
    turn: NonNegative = 15.0,
) -> Network:
    """T of images x and y (B, C, H, W), see `nets._ratio.Ratio`; squares of fold x fold pixels are
    moved into channels first. In training y is shifted by up to `shift` pixels and rotated by up to
    `turn` degrees, so that T generalises to unseen y."""
    channels = shapes["train"][1], pair_size(shapes)
    of_x, of_y = (Encoder(c, width, features, fold) for c in channels)
    return Ratio((of_x, of_y), schedule, features, pairing, condition, least, most, shift, turn)


class Encoder(nn.Module):
    """Images (B, C, H, W) and t (B,) to features (B, features)."""

    def __init__(self, channels: int, width: int, features: int, fold: int) -> None:
        super().__init__()
        self.fold = fold
        sizes = [(channels * fold**2, width), (width, 2 * width), (2 * width, 2 * width)]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, 1 if i == 0 else 2, padding=1) for i, (a, b) in enumerate(sizes)
        )
        self.times = nn.ModuleList(nn.Linear(16, b) for _, b in sizes)
        self.norms = nn.ModuleList(nn.GroupNorm(groups(b), b) for _, b in sizes)
        self.leave = nn.Sequential(Pool(4), nn.Flatten(), nn.Linear(32 * width, features))
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        folded = pixel_unshuffle(x, self.fold)
        h, embedding = folded.contiguous(memory_format=torch.channels_last), time_features(t.to(x))
        for convolution, time, norm in zip(self.convolutions, self.times, self.norms, strict=True):
            h = silu(norm(convolution(h)) + time(embedding)[:, :, None, None])
        return self.leave(h)
