"""A trained U-Net as a pipeline that diffusers loads and samples by itself."""

import shutil
from pathlib import Path

import torch
from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel

from scorefield.core.errors import InputError
from scorefield.core.files import load_json, load_model, save_json
from scorefield.core.network import Prediction
from scorefield.core.schedule import STEPS, Schedule
from scorefield.interop.described import PREDICT
from scorefield.lab import folded
from scorefield.lab.folded import FoldedDDIMPipeline
from scorefield.nets.unet import UNet

LEAST = 1e-8  # of alpha^2: diffusers divides by it


def scheduler(schedule: Schedule, predict: Prediction) -> DDIMScheduler:
    """The schedule on diffusers' 1,000 steps; its timestep k is t = (k + 1) / 1000."""
    t = torch.arange(STEPS + 1, dtype=torch.float64) / STEPS
    kept = schedule.alpha(t).square().clamp(min=LEAST)
    return DDIMScheduler(
        trained_betas=(1 - kept[1:] / kept[:-1]).float().numpy(),
        prediction_type={ours: theirs for theirs, ours in PREDICT.items()}[predict],
        timestep_spacing="trailing",
        clip_sample=False,
    )


def export(name: str, folder: str) -> str:
    """Write models/<name> as a pipeline in safetensors; the line of Python that loads it.

    Networks on folded images come with the pipeline class that unfolds them. Raises InputError for
    models that are no U-Net or that draw x_0, which diffusers has no sampler for.
    """
    model, out = load_model(f"models/{name}"), Path(folder)
    if not isinstance(model.net, UNet) or model.draws:
        raise InputError(f"models/{name}: only U-Nets that predict a mean are diffusers pipelines")
    net = UNet2DModel.from_config(model.net.diffusers_config())
    net.load_state_dict(model.net.state_dict())
    if out.exists() and any(out.iterdir()) and not (out / "model_index.json").exists():
        raise InputError(f"{out}: holds something else than a pipeline; choose another folder")
    shutil.rmtree(out, ignore_errors=True)
    noise = scheduler(model.schedule, model.predict)
    if net.config.in_channels == model.shape[0]:
        DDIMPipeline(net, noise).save_pretrained(out)
        return f'DDIMPipeline.from_pretrained("{folder}")'
    FoldedDDIMPipeline(net, noise, model.shape[0]).save_pretrained(out)
    shutil.copyfile(folded.__file__, out / "pipeline.py")
    index = load_json(out / "model_index.json")
    save_json(out / "model_index.json", index | {"_class_name": ["pipeline", "FoldedDDIMPipeline"]})
    return f'DiffusionPipeline.from_pretrained("{folder}", trust_remote_code=True)'
