"""The U-Net of diffusers, for images (Ronneberger et al. 2015, Ho et al. 2020)."""

import json
from typing import Any, Literal

import torch
from diffusers import UNet2DModel
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from scorefield.core.bounds import Below1, Size, Widths
from scorefield.core.errors import InputError
from scorefield.core.hardware import arithmetic
from scorefield.core.network import Network
from scorefield.core.noise import coarse, scales
from scorefield.core.schedule import SLOWER, STEPS, Schedule
from scorefield.nets._groups import LEAST, groups

ROLE, KINDS, JUMPS = "denoiser", ("images",), True


def unet(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    size: Literal["small", "classic"] = "small",
    small: Widths = (16, 32, 64),
    classic: Widths = (40, 80, 160),
    layers: Size = 1,
    attention: bool = False,
    fold: Size = 1,
    dropout: Below1 = 0.0,
    precision: Literal["auto", "float32", "bfloat16"] = "auto",
) -> Network:
    """Images (B, C, H, W) and t to (B, C, H, W); with xi, images (B, 2 C, H, W); with until, also a
    second time.

    `size` selects the channels of the levels. `fold` moves squares of fold x fold pixels into
    channels, which makes a step fold^2 times cheaper. `dropout` is that of residual blocks. Raises
    InputError for sides that are no multiples of fold times 2 for each level after the first.
    """
    _, channels, height, width = shapes["train"]
    levels, extra = small if size == "small" else classic, shapes.get("xi", [0, 0])[1]
    least = fold * 2 ** (len(levels) - 1)
    check_size(height, width, least)
    net = UNet(
        sample_size=(height // fold, width // fold),
        in_channels=(channels + extra * scales()) * fold**2,
        out_channels=channels * fold**2,
        layers_per_block=layers,
        block_out_channels=tuple(levels),
        norm_num_groups=groups(*levels),
        down_block_types=("DownBlock2D",) * len(levels),
        up_block_types=("UpBlock2D",) * len(levels),
        add_attention=attention,
        attention_head_dim=None,
        class_embed_type="timestep" if "until" in shapes else None,
        dropout=dropout,
    )
    net.fold, net.precision, net.extra = fold, precision, extra * fold**2
    return net.to(memory_format=net.layout)


def check_size(height: int, width: int, least: int) -> None:
    """Raises InputError for sides that are no multiples of `least`."""
    if height % least or width % least:
        raise InputError(
            f"unet: {height} x {width} pixels are not a multiple of {least}, fold times 2 for each "
            "level after the first"
        )


class UNet(Network, UNet2DModel):
    """The UNet2DModel of diffusers, with the same weights, for t in [0, 1], folded images and
    bfloat16.

    Its timestep is 1000 t - 1, the index in the discrete table. A network that jumps takes 10 t,
    and embeds the difference of two times as diffusers embeds a class of the type timestep.
    """

    fold, precision, extra = 1, "auto", 0

    @property
    def layout(self) -> torch.memory_format:
        """The order of images in memory in which a step is faster: channels last, unless few
        channels are normalised together, for which PyTorch's normalisation is slow on CPUs."""
        config: Any = self.config
        wide = min(config.block_out_channels) >= LEAST * config.norm_num_groups
        last = wide or self.device.type == "cuda"
        return torch.channels_last if last else torch.contiguous_format

    @property
    def jumps(self) -> bool:  # type: ignore[override]
        """Whether it takes a second time."""
        config: Any = self.config
        return bool(config.class_embed_type == "timestep")

    def embeddings(self) -> tuple[nn.Module, ...]:
        names = ("time_embedding", "class_embedding") if self.jumps else ("time_embedding",)
        return tuple(self.get_submodule(name) for name in names)

    def diffusers_config(self) -> dict[str, Any]:
        """The configuration for `UNet2DModel.from_pretrained`, which then takes folded images."""
        config: dict[str, Any] = json.loads(UNet2DModel.to_json_string(self))
        return config | {"_class_name": "UNet2DModel"}

    def forward(self, x: Tensor, t: Tensor, labels: None = None, s: Tensor | None = None) -> Tensor:
        index, span = STEPS * t.to(x.device, torch.float32).flatten().expand(len(x)) - 1, None
        if s is not None:
            index = SLOWER * t.float().flatten().expand(len(x))
            span = SLOWER * (t - s).float().flatten().expand(len(x))
        folded = pixel_unshuffle(x.float(), self.fold)
        if self.extra:
            folded = torch.cat([folded, *coarse(folded[:, -self.extra :])], 1)
        folded = folded.contiguous(memory_format=self.layout)
        with arithmetic(self.precision, x.device):
            out = super().forward(folded, index, span, return_dict=False)[0]
        return pixel_shuffle(out.float(), self.fold).to(x.dtype)
