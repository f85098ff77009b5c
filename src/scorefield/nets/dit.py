"""A diffusion transformer, for images (Peebles and Xie 2023)."""

from math import log
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention, silu

from scorefield.core.bounds import Natural, Size
from scorefield.core.errors import InputError
from scorefield.core.hardware import arithmetic
from scorefield.core.network import Network
from scorefield.core.noise import coarse, scales
from scorefield.core.schedule import SLOWER, STEPS, Schedule

ROLE, KINDS, JUMPS = "denoiser", ("images",), True
Layer = TypeVar("Layer", bound=nn.Module)
PERIOD, WAVES = 10_000, 128  # of the time features
DROPPED = 0.1  # the share of labels that are dropped in training


def dit(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    width: Size = 160,
    depth: Size = 5,
    heads: Size = 4,
    patch: Size = 7,
    overlap: Natural = 2,
    stem: Natural = 16,
    classes: Natural = 0,
    precision: Literal["auto", "float32", "bfloat16"] = "auto",
) -> Network:
    """Images (B, C, H, W) and t to (B, C, H, W); with xi, images (B, 2 C, H, W). H and W are
    multiples of patch, the width is a multiple of 4 heads. Raises InputError where they are not.

    The size S is width 384, depth 12, heads 6. A token is a square of patch x patch pixels with
    `overlap` more on each side. With `stem` above 0, convolutions of so many channels precede the
    tokens (Xiao et al. 2021) and, with a shortcut past the transformer, follow them. With `classes`
    above 0 the network takes labels (B,), of which a tenth is dropped in training; with until also
    a second time.
    """
    _, channels, height, across = shapes["train"]
    if height % patch or across % patch or width % (4 * heads):
        raise InputError(
            f"dit: expected a patch that divides {height} x {across} pixels, found {patch}; and "
            f"a width that is a multiple of 4 x {heads} heads, found {width}"
        )
    grid, extra = (height // patch, across // patch), shapes.get("xi", [0, 0])[1]
    square = (patch + 2 * overlap, patch, overlap)
    net = DiT(channels, extra, grid, width, depth, heads, square, stem, classes)
    if "until" in shapes:
        net.take_second_time(width)
    net.precision = precision
    return net


def waves(values: Tensor, n: int) -> Tensor:
    """Cosines and sines (..., 2 n) of values (...,), with periods up to 10,000 times 2 pi."""
    frequencies = torch.exp(-log(PERIOD) / n * torch.arange(n, device=values.device))
    angles = values[..., None].float() * frequencies
    return torch.cat([angles.cos(), angles.sin()], -1)


def places(grid: tuple[int, int], width: int) -> Tensor:
    """Sines and cosines of the row and column of each token of a grid, (N, width)."""
    rows, columns = (waves(torch.arange(n), width // 4) for n in grid)
    rows, columns = rows[:, None].expand(-1, grid[1], -1), columns.expand(grid[0], -1, -1)
    return torch.cat([rows, columns], -1).flatten(0, 1)


def modulate(h: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Tokens h (B, N, width), scaled and shifted by (B, width) each."""
    return h * (1 + scale[:, None]) + shift[:, None]


def zeros(layer: Layer) -> Layer:
    """The layer with all parameters set to 0."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def clock(width: int) -> nn.Sequential:
    """The layers that embed the features of a time."""
    return nn.Sequential(nn.Linear(2 * WAVES, width), nn.SiLU(), nn.Linear(width, width))


class Block(nn.Module):
    """Attention and a perceptron, shifted, scaled and gated by the condition (adaLN-zero)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = (nn.LayerNorm(width, 1e-6, False) for _ in range(2))
        self.qkv, self.joined = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.condition = zeros(nn.Linear(width, 6 * width))

    def forward(self, h: Tensor, c: Tensor) -> Tensor:
        shift, scale, gate, shift2, scale2, gate2 = self.condition(c).chunk(6, 1)
        qkv = self.qkv(modulate(self.before(h), shift, scale))
        q, k, v = qkv.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        attended = scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        h = h + gate[:, None] * self.joined(attended)
        raised = self.up(modulate(self.between(h), shift2, scale2))
        return h + gate2[:, None] * self.down(gelu(raised, approximate="tanh"))


class Convolutions(nn.Module):
    """Two convolutions with a shortcut; the second takes normalised features, shifted by time."""

    def __init__(self, channels: int, out: int, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, out, 3, padding=1)
        self.norm, self.shift = nn.GroupNorm(1, out), nn.Linear(width, out)
        self.second = nn.Conv2d(out, out, 3, padding=1)

    def forward(self, h: Tensor, c: Tensor) -> Tensor:
        h = self.first(h.contiguous(memory_format=torch.channels_last))
        return h + self.second(silu(self.norm(h) + self.shift(c)[:, :, None, None]))


class DiT(Network):
    """The transformer. Extra noise xi, at several scales, is a quarter of the channels of a token,
    with a gate that depends on time: as a token of its own or in adaLN it has little effect at few
    steps (iDDM, 2026)."""

    precision = "auto"
    place: Tensor

    def __init__(
        self,
        channels: int,
        extra: int,
        grid: tuple[int, int],
        width: int,
        depth: int,
        heads: int,
        square: tuple[int, int, int],
        stem: int,
        classes: int,
    ) -> None:
        """`square` is kernel, stride and padding of the convolutions that make tokens."""
        super().__init__()
        self.extra, self.grid, self.classes = extra, grid, classes
        part, inner = width // 4 if extra else 0, stem or channels
        self.before = Convolutions(channels, stem, width) if stem else None
        self.embed = nn.Conv2d(inner, width - part, *square)
        if extra:
            self.noise = nn.Conv2d(extra * scales(), part, *square)
            self.gate = zeros(nn.Linear(width, part))
            nn.init.ones_(self.gate.bias)
        if classes:
            self.labels = nn.Embedding(classes + 1, width)  # the last stands for no label
        self.register_buffer("place", places(grid, width), persistent=False)
        self.time = clock(width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, 1e-6, False)
        self.condition = zeros(nn.Linear(width, 2 * width))
        self.leave = nn.ConvTranspose2d(width, inner, *square)
        self.after = Convolutions(2 * stem, stem, width) if stem else None
        self.last = nn.Conv2d(stem, channels, 3, padding=1) if stem else None
        zeros(self.leave if self.last is None else self.last)
        self.to(memory_format=torch.channels_last)

    def take_second_time(self, width: int) -> None:
        """Become a network that jumps: the difference of two times is embedded like a time."""
        self.jumps, self.span = True, clock(width)

    def embeddings(self) -> tuple[nn.Module, ...]:
        named = ("before", "embed", "noise", "gate", "labels", "time", "span", "leave", "after")
        return tuple(part for name, part in self.named_children() if name in named)

    def embedding(
        self, x: Tensor, t: Tensor, labels: Tensor | None, s: Tensor | None = None
    ) -> Tensor:
        """The embedding (B, width) of times, scaled to 1,000 (to 10 in a network that jumps), and
        of labels (B,) or none."""
        scale = STEPS if s is None else SLOWER
        c = self.time(waves((scale * t.to(x.device)).flatten().expand(len(x)), WAVES))
        if s is not None:
            c = c + self.span(waves((scale * (t - s)).flatten().expand(len(x)), WAVES))
        if self.classes:
            none = torch.full((len(x),), self.classes, device=x.device)
            c = c + self.labels(none if labels is None else labels.to(x.device))
        return silu(c)

    def begin(self, data: dict[str, Tensor]) -> None:
        """Raises InputError for labels that the network does not have."""
        if self.classes and "train_labels" in data and data["train_labels"].max() >= self.classes:
            raise InputError(f"dit.classes: {self.classes} classes, but the data have more")

    def training_labels(self, labels: Tensor | None) -> Tensor | None:
        """Labels (B,) of a batch as the network takes them; in training a tenth is dropped."""
        if labels is None:
            return None
        dropped = torch.rand(len(labels), device=labels.device) < DROPPED * self.training
        return torch.where(dropped, self.classes, labels)

    def tokens(self, h: Tensor, xi: Tensor, c: Tensor) -> Tensor:
        """Tokens (B, N, width) of images or of what the stem makes of them, and of xi."""
        h = self.embed(h)
        if self.extra:
            noise = self.noise(torch.cat([xi, *coarse(xi)], 1))
            h = torch.cat([h, self.gate(c)[:, :, None, None] * noise], 1)
        return h.flatten(2).transpose(1, 2) + self.place

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        labels: Tensor | None = None,
        s: Tensor | None = None,
    ) -> Tensor:
        with arithmetic(self.precision, x.device):
            c = self.embedding(x, t, labels, s)
            image, xi = x.float().tensor_split([x.shape[1] - self.extra], 1)
            inner = self.before(image, c) if self.before else image
            h = self.tokens(inner, xi, c)
            for block in self.blocks:
                h = block(h, c)
            h = modulate(self.norm(h), *self.condition(c).chunk(2, 1))
            out = self.leave(h.transpose(1, 2).unflatten(2, self.grid))
            if self.after and self.last:
                out = self.last(silu(self.after(torch.cat([inner, out], 1), c)))
            return out.to(x.dtype)
