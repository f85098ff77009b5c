"""The U-Net of diffusers, for images (Ronneberger et al. 2015, Ho et al. 2020)."""

import json
from typing import Any, Literal

import torch
from diffusers import UNet2DModel
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from scorefield.core.bounds import Count, Widths
from scorefield.core.errors import InputError
from scorefield.core.hardware import arithmetic
from scorefield.core.network import Network
from scorefield.core.noise import coarse, scales
from scorefield.core.schedule import STEPS, Schedule
from scorefield.nets._groups import LEAST, groups


def unet(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    size: Literal["small", "classic"] = "small",
    small: Widths = (16, 32, 64),
    classic: Widths = (40, 80, 160),
    layers: Count = 1,
    attention: bool = False,
    fold: Count = 1,
    precision: Literal["auto", "float32", "bfloat16"] = "auto",
) -> Network:
    """Images (B, C, H, W) and t to (B, C, H, W); with xi, images (B, 2 C, H, W).

    `size` selects the channels of the levels. `fold` moves squares of fold x fold pixels into
    channels first (pixel-unshuffle), which makes a step fold^2 times cheaper. Raises InputError for
    images whose sides are no multiples of fold times 2 for each level after the first.
    """
    _, channels, height, width = shapes["train"]
    levels, extra = small if size == "small" else classic, shapes.get("xi", [0, 0])[1]
    least = fold * 2 ** (len(levels) - 1)
    if height % least or width % least:
        raise InputError(
            f"unet: {height} x {width} pixels are not a multiple of {least}, fold times 2 for each "
            "level after the first"
        )
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
    )
    net.fold, net.precision, net.extra = fold, precision, extra * fold**2
    return net.to(memory_format=net.layout)


class UNet(Network, UNet2DModel):
    """The UNet2DModel of diffusers, with the same weights, for t in [0, 1], folded images and
    bfloat16.

    Its timestep is 1000 t - 1, the index in the discrete table.
    """

    fold, precision, extra = 1, "auto", 0

    @property
    def layout(self) -> torch.memory_format:
        """The order of images in memory in which a step is faster: channels last, unless few
        channels are normalised together, for which PyTorch's normalisation is slow on CPUs."""
        config: Any = self.config
        wide = min(config.block_out_channels) >= LEAST * config.norm_num_groups
        return torch.channels_last if wide else torch.contiguous_format

    def embeddings(self) -> tuple[nn.Module, ...]:
        return (self.get_submodule("time_embedding"),)

    def diffusers_config(self) -> dict[str, Any]:
        """The configuration for `UNet2DModel.from_pretrained`, which then takes folded images."""
        config: dict[str, Any] = json.loads(UNet2DModel.to_json_string(self))
        return config | {"_class_name": "UNet2DModel"}

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        index = (STEPS * t.to(x.device, torch.float32) - 1).flatten().expand(len(x))
        folded = pixel_unshuffle(x.float(), self.fold)
        if self.extra:
            folded = torch.cat([folded, *coarse(folded[:, -self.extra :])], 1)
        folded = folded.contiguous(memory_format=self.layout)
        with arithmetic(self.precision, x.device):
            out = super().forward(folded, index, return_dict=False)[0]
        return pixel_shuffle(out.float(), self.fold).to(x.dtype)
