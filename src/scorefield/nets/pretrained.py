"""A network that others trained: any unconditional diffusers pipeline, from a folder or the Hub."""

from typing import Any

import torch
from diffusers import DiffusionPipeline, UNet2DModel
from torch import nn

from scorefield.core.errors import InputError
from scorefield.core.schedule import STEPS, Schedule
from scorefield.nets.unet import UNet

PREDICT = {"epsilon": "eps", "sample": "x0", "v_prediction": "v"}


def pretrained(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    name: str,
    resolved: dict[str, Any] | None = None,
) -> nn.Module:
    """Images (B, C, H, W) and t to (B, C, H, W): the `UNet2DModel` of the pipeline `name`, a folder
    or a name on the Hub, in safetensors.

    `resolved` is what a model that was stored rebuilds it from, without the pipeline. Raises
    InputError where there is no such pipeline, and where its channels or its noise schedule are not
    those of the data and of `schedule` (1,000 steps).
    """
    if resolved is None:
        pipeline = fetched(name)
        fitting(name, pipeline, shapes["train"], schedule)
        kind = pipeline.scheduler.config.prediction_type
        resolved = {"predict": PREDICT[kind], "unet": dict(pipeline.unet.config)}
        net = UNet.from_config(resolved["unet"])
        net.load_state_dict(pipeline.unet.state_dict())
    else:
        net = UNet.from_config(resolved["unet"])
    net.predict, net.resolved = resolved["predict"], resolved
    return net


def fetched(name: str) -> DiffusionPipeline:
    """The pipeline, from a folder or the Hub."""
    try:
        given = {"use_safetensors": True, "low_cpu_mem_usage": False}
        return DiffusionPipeline.from_pretrained(name, **given)
    except (OSError, ValueError, ConnectionError) as error:
        reason = (str(error).strip() or "no answer").splitlines()[0].split(" (")[0]
        raise InputError(
            f"pretrained.name: '{name}' is no folder of a diffusers pipeline in safetensors, and "
            f"the Hub did not give it ({reason})"
        ) from None


def fitting(name: str, pipeline: Any, shape: list[int], schedule: Schedule) -> None:
    """Raise InputError unless network, images and noise levels fit."""
    unet, scheduler = getattr(pipeline, "unet", None), getattr(pipeline, "scheduler", None)
    if not isinstance(unet, UNet2DModel) or not hasattr(scheduler, "alphas_cumprod"):
        raise InputError(f"pretrained.name: '{name}' has no UNet2DModel with a scheduler of DDPM's")
    if not unet.config.in_channels == unet.config.out_channels == shape[1]:
        raise InputError(
            f"pretrained.name: '{name}' takes images with {unet.config.in_channels} channels, the "
            f"data's have {shape[1]}"
        )
    table = scheduler.alphas_cumprod.double()
    t = torch.arange(1, len(table) + 1, dtype=torch.float64) / len(table)
    if len(table) != STEPS or (table - schedule.alpha(t) ** 2).abs().max() > 1e-3:
        raise InputError(
            f"pretrained.name: '{name}' was trained with other noise levels than this model's "
            "schedule; those of linear betas are `schedule: ddpm`"
        )
