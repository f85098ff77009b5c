"""Pipelines that diffusers saves, of every kind that we read, with small random networks."""

from functools import partial
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    DDIMScheduler,
    DDPMPipeline,
    DDPMScheduler,
    DiTPipeline,
    DiTTransformer2DModel,
    EDMEulerScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    LDMPipeline,
    UNet2DModel,
    VQModel,
)


def unet(size=8, channels=1, out=None, **more) -> UNet2DModel:
    torch.manual_seed(0)
    blocks = {"down_block_types": ("DownBlock2D",) * 2, "up_block_types": ("UpBlock2D",) * 2}
    wide = {"block_out_channels": (8, 16), "norm_num_groups": 4, "layers_per_block": 1}
    return UNet2DModel(size, channels, out or channels, **blocks, **wide, **more)


def pixels(folder: Path, noise, **more) -> None:
    DDPMPipeline(unet(**more), noise).save_pretrained(folder)


def coder(kind, channels):
    torch.manual_seed(1)
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 2}
    blocks |= {"up_block_types": ("UpDecoderBlock2D",) * 2, "block_out_channels": (8, 8)}
    if kind is AutoencoderTiny:
        wide = {"encoder_block_out_channels": (8, 8), "decoder_block_out_channels": (8, 8)}
        counts = {"num_encoder_blocks": (1, 1), "num_decoder_blocks": (1, 1)}
        return kind(**wide, **counts, latent_channels=channels)
    return kind(**blocks, norm_num_groups=4, latent_channels=channels, scaling_factor=0.5)


def latents(folder: Path, kind) -> None:
    LDMPipeline(coder(kind, 3), unet(8, 3), DDIMScheduler()).save_pretrained(folder)


def transformer(folder: Path) -> None:
    torch.manual_seed(0)
    given = {"num_attention_heads": 2, "attention_head_dim": 8, "num_layers": 1, "sample_size": 8}
    given |= {"in_channels": 4, "out_channels": 8, "num_embeds_ada_norm": 5}
    net = DiTTransformer2DModel(**given, norm_num_groups=4)
    for parameter in net.parameters():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    DiTPipeline(net, coder(AutoencoderKL, 4), DDIMScheduler()).save_pretrained(folder)


def of(noise, **more):
    return partial(pixels, noise=noise, **more)


TABLE = [0.002 + 0.02 * (i / 99) ** 2 for i in range(100)]
TABLES = {
    "scaled_linear": DDPMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012),
    "cosine": DDPMScheduler(beta_schedule="squaredcos_cap_v2"),
    "table": DDIMScheduler(100, trained_betas=TABLE),
    "few_steps": DDPMScheduler(50, 0.002, 0.2),
    "zero_snr": DDIMScheduler(rescale_betas_zero_snr=True, prediction_type="v_prediction"),
}  # fmt: skip
KINDS = {name: of(noise) for name, noise in TABLES.items()} | {
    "sample": of(DDIMScheduler(prediction_type="sample")),
    "flow": of(FlowMatchEulerDiscreteScheduler()),
    "edm": of(EDMEulerScheduler()),
    "edm_v": of(EDMEulerScheduler(prediction_type="v_prediction", sigma_data=1.0)),
    "continuous": of(EulerDiscreteScheduler(timestep_type="continuous", prediction_type="v_prediction", sigma_max=700.0, sigma_min=0.002)),
    "labels": of(DDPMScheduler(), num_class_embeds=5),
    "variance": of(DDPMScheduler(variance_type="learned_range"), out=2),
    "colour": of(DDPMScheduler(), channels=3, size=(8, 16)),
    "transformer": transformer,
    "latents_vq": partial(latents, kind=VQModel),
    "latents_kl": partial(latents, kind=AutoencoderKL),
    "latents_tiny": partial(latents, kind=AutoencoderTiny),
}  # fmt: skip
