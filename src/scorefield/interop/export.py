"""Export of a trained U-Net as a diffusers pipeline."""

import shutil
from pathlib import Path

import torch
from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel

from scorefield.core.errors import InputError
from scorefield.core.network import Prediction
from scorefield.core.schedule import STEPS, Schedule
from scorefield.interop import folded_pipeline
from scorefield.interop.folded_pipeline import FoldedDDIMPipeline
from scorefield.nets._described import PREDICT
from scorefield.nets.unet import UNet
from scorefield.pipeline.files import load_json, load_model, save_json

LEAST = 1e-8  # alpha^2 is clamped from below: diffusers divides by it


def scheduler(schedule: Schedule, predict: Prediction) -> DDIMScheduler:
    """The schedule on the 1,000 steps of diffusers; its timestep k is t = (k + 1) / 1000."""
    t = torch.arange(STEPS + 1, dtype=torch.float64) / STEPS
    alpha_squared = schedule.alpha(t).square().clamp(min=LEAST)
    names = {predicted: name for name, predicted in PREDICT.items()}
    return DDIMScheduler(
        trained_betas=(1 - alpha_squared[1:] / alpha_squared[:-1]).float().numpy(),
        prediction_type=names[predict],
        timestep_spacing="trailing",
        clip_sample=False,
    )


def export(name: str, folder: str) -> str:
    """Writes models/<name> as a pipeline in safetensors; returns the line of Python that loads it.

    For a network on folded images, the class of a pipeline that unfolds them is written too. Raises
    InputError for a network other than a U-Net, and for a model that draws x_0: diffusers has no
    sampler for it.
    """
    model, out = load_model(f"models/{name}"), Path(folder)
    if not isinstance(model.net, UNet) or model.draws:
        raise InputError(f"models/{name}: only a U-Net that predicts the mean can be exported")
    net = UNet2DModel.from_config(model.net.diffusers_config())
    net.load_state_dict(model.net.state_dict())
    if out.exists() and any(out.iterdir()) and not (out / "model_index.json").exists():
        raise InputError(f"{out}: not empty, and not a pipeline; choose another folder")
    shutil.rmtree(out, ignore_errors=True)
    noise = scheduler(model.schedule, model.predict)
    if net.config.in_channels == model.shape[0]:
        DDIMPipeline(net, noise).save_pretrained(out)
        return f'DDIMPipeline.from_pretrained("{folder}")'
    FoldedDDIMPipeline(net, noise, model.shape[0]).save_pretrained(out)
    shutil.copyfile(folded_pipeline.__file__, out / "pipeline.py")
    index = load_json(out / "model_index.json")
    save_json(out / "model_index.json", index | {"_class_name": ["pipeline", "FoldedDDIMPipeline"]})
    return f'DiffusionPipeline.from_pretrained("{folder}", trust_remote_code=True)'
