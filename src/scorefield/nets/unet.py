"""The U-Net of diffusers, for images (Ronneberger et al. 2015, Ho et al. 2020)."""

import json
from typing import Any, Literal

import torch
from diffusers import UNet2DModel
from torch import Tensor
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from scorefield.core.bounds import Count, Widths
from scorefield.core.errors import InputError
from scorefield.core.hardware import arithmetic, tiles
from scorefield.core.network import Network
from scorefield.core.noise import coarse, scales
from scorefield.core.schedule import STEPS, Schedule


def unet(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    size: Literal["small", "classic"] = "small",
    small: Widths = (32, 64),
    classic: Widths = (80, 160),
    layers: Count = 2,
    attention: bool = False,
    fold: Count = 2,
    precision: Literal["auto", "float32", "bfloat16"] = "auto",
) -> Network:
    """Images (B, C, H, W) and t to (B, C, H, W); with xi, images (B, 2 C, H, W). H and W are
    multiples of fold.

    `size` selects the channels of the levels. `fold` moves squares of fold x fold pixels into
    channels first (pixel-unshuffle), which makes a step fold^2 times cheaper. Raises InputError for
    images whose size is not a multiple of fold.
    """
    _, channels, height, width = shapes["train"]
    if height % fold or width % fold:
        raise InputError(f"unet.fold: {height} x {width} pixels are not a multiple of {fold}")
    extra = shapes.get("xi", [0, 0])[1]
    levels = small if size == "small" else classic
    net = UNet(
        sample_size=(height // fold, width // fold),
        in_channels=(channels + extra * scales()) * fold**2,
        out_channels=channels * fold**2,
        layers_per_block=layers,
        block_out_channels=tuple(levels),
        norm_num_groups=8,
        down_block_types=("DownBlock2D",) * len(levels),
        up_block_types=("UpBlock2D",) * len(levels),
        add_attention=attention,
        attention_head_dim=None,
    )
    net.fold, net.precision, net.extra = fold, precision, extra * fold**2
    return net.to(memory_format=torch.channels_last) if tiles() else net


class UNet(Network, UNet2DModel):
    """The UNet2DModel of diffusers, with the same weights, for t in [0, 1], folded images and
    bfloat16.

    Its timestep is 1000 t - 1, the index in the discrete table.
    """

    fold, precision, extra = 1, "auto", 0

    def diffusers_config(self) -> dict[str, Any]:
        """The configuration for `UNet2DModel.from_pretrained`, which then takes folded images."""
        config: dict[str, Any] = json.loads(UNet2DModel.to_json_string(self))
        return config | {"_class_name": "UNet2DModel"}

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        index = (STEPS * t.to(x.device, torch.float32) - 1).flatten().expand(len(x))
        folded = pixel_unshuffle(x.float(), self.fold)
        if self.extra:
            folded = torch.cat([folded, *coarse(folded[:, -self.extra :])], 1)
        if tiles():
            folded = folded.contiguous(memory_format=torch.channels_last)
        with arithmetic(self.precision, x.device):
            out = super().forward(folded, index, return_dict=False)[0]
        return pixel_shuffle(out.float(), self.fold).to(x.dtype)
