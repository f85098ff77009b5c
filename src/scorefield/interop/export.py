"""Export of a trained U-Net or transformer as a diffusers pipeline."""

import shutil
from pathlib import Path

import torch
from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel

from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.network import Prediction
from scorefield.core.schedule import STEPS, Schedule
from scorefield.interop.exported_transformer import ExportedTransformer
from scorefield.interop.folded_pipeline import FoldedDDIMPipeline
from scorefield.nets._levels import PREDICT
from scorefield.nets.dit import DiT
from scorefield.nets.unet import UNet
from scorefield.pipeline.files import load_config, load_model

LEAST = 1e-8  # alpha^2 is clamped from below: diffusers divides by it


def scheduler(schedule: Schedule, predict: Prediction) -> DDIMScheduler:
    """The schedule on the 1,000 steps of diffusers; its timestep k is t = (k + 1) / 1000."""
    t = torch.arange(STEPS + 1, dtype=torch.float64) / STEPS
    alpha_squared = schedule.alpha(t).square().clamp(min=LEAST)
    names = {predicted: name for name, predicted in PREDICT.items()}
    if predict not in names:
        raise InputError(
            f"diffusers' DDIM reads {', '.join(names)}, and this model predicts {predict}"
        )
    return DDIMScheduler(
        trained_betas=(1 - alpha_squared[1:] / alpha_squared[:-1]).float().numpy(),
        prediction_type=names[predict],
        timestep_spacing="trailing",
        clip_sample=False,
    )


def export(name: str, folder: str) -> str:
    """Writes models/<name> as a pipeline in safetensors; returns the line of Python that loads it.

    For a network on folded images, the class of a pipeline that unfolds them is written too; a
    transformer loads where this library is installed. Raises InputError for another network, and
    for a model that draws x_0 or jumps: diffusers has no sampler for it.
    """
    model, out = load_model(f"models/{name}"), Path(folder)
    if not isinstance(model.net, UNet | DiT) or model.draws or model.jumps:
        raise InputError(
            f"models/{name}: only a U-Net or transformer that predicts the mean can be exported"
        )
    if out.exists() and any(out.iterdir()) and not (out / "model_index.json").exists():
        raise InputError(f"{out}: not empty, and not a pipeline; choose another folder")
    noise = scheduler(model.schedule, model.predict)
    shutil.rmtree(out, ignore_errors=True)
    if isinstance(model.net, DiT):
        DDIMPipeline(transformer(name, model), noise).save_pretrained(out)
        return f'DDIMPipeline.from_pretrained("{folder}")'
    net = UNet2DModel.from_config(model.net.diffusers_config())
    net.load_state_dict(model.net.state_dict())
    if net.config.in_channels == model.shape[0]:
        DDIMPipeline(net, noise).save_pretrained(out)
        return f'DDIMPipeline.from_pretrained("{folder}")'
    FoldedDDIMPipeline(net, noise, model.shape[0]).save_pretrained(out)
    return f'DiffusionPipeline.from_pretrained("{folder}", trust_remote_code=True)'


def transformer(name: str, model: Model) -> ExportedTransformer:
    """The transformer of models/<name> with the interface of a UNet2DModel."""
    own = load_config(f"models/{name}")
    while "resolved" in own["numbers"]:  # submitted, or trained on
        own = own["numbers"]["resolved"]
    channels, *size = model.shape
    net = ExportedTransformer(channels, [*size], own["numbers"])
    net.net.load_state_dict(model.net.state_dict())
    return net
