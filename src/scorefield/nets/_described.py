"""The description of a diffusers pipeline from its configurations. They are read first, so that the
weights of an unsupported pipeline are not downloaded."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from pathlib import Path
from typing import Any, TypeAlias

import torch
from diffusers import DDPMScheduler, DiffusionPipeline
from huggingface_hub import hf_hub_download
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.core.network import Prediction
from scorefield.core.schedule import SCHEDULES, STEPS, Schedule

Source: TypeAlias = str | Path | DiffusionPipeline  # a folder, a name on the Hub, or a pipeline
PREDICT: dict[str, Prediction] = {"epsilon": "eps", "sample": "x0", "v_prediction": "v"}
PARTS = ("unet", "scheduler")  # of a pipeline that can be read
CONFIGS = ("unet/config.json", "scheduler/scheduler_config.json")
BETAS = (
    *("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas"),
    "rescale_betas_zero_snr",
)


@dataclass(frozen=True)
class Described:
    """The configurations of a pipeline: a UNet2DModel and a scheduler; `name` is for errors."""

    name: str
    unet: Mapping[str, Any]
    scheduler: Mapping[str, Any]

    @property
    def fold(self) -> int:
        """The side of the squares of pixels that are folded into channels; above 1 only for
        pipelines that this library exported."""
        channels: int = self.unet["in_channels"]
        return isqrt(channels // self.unet.get("image_channels", channels))

    @property
    def channels(self) -> int:
        """The number of channels of an image."""
        found: int = self.unet["in_channels"] // self.fold**2
        return found

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width of the training images; None where the configuration does not state
        them."""
        stated = self.unet.get("sample_size")
        if stated is None:
            return None
        height, width = (stated, stated) if isinstance(stated, int) else stated
        return self.fold * height, self.fold * width

    @property
    def predict(self) -> Prediction:
        """The quantity that the network predicts."""
        return PREDICT[self.scheduler.get("prediction_type", "epsilon")]

    @cached_property
    def table(self) -> Tensor:
        """alpha^2 after each step of its noise schedule, (steps,) in float64. Raises InputError for
        betas of a kind that diffusers does not support."""
        try:
            found: Tensor = DDPMScheduler(**self.betas).alphas_cumprod
        except NotImplementedError as error:
            raise InputError(f"'{self.name}': {error}") from None
        return found.double()

    @property
    def betas(self) -> dict[str, Any]:
        """The part of the configuration that defines the betas of its noise schedule."""
        return {key: self.scheduler[key] for key in BETAS if key in self.scheduler}

    def knows(self, schedule: Schedule) -> bool:
        """Whether its noise levels are those of a schedule."""
        if len(self.table) != STEPS:
            return False
        t = torch.arange(1, STEPS + 1, dtype=torch.float64) / STEPS
        alpha, sigma = schedule(t)
        gap = torch.stack([self.table - alpha**2, 1 - self.table - sigma**2])
        return bool(gap.abs().max() < 1e-3)

    def schedule(self) -> Schedule:
        """The schedule with its noise levels. Raises InputError where this library has none."""
        for make in SCHEDULES.values():
            if self.knows(make()):
                return make()
        has_table = self.betas.get("trained_betas") is not None
        levels = "a table of its own" if has_table else self.betas
        raise InputError(
            f"'{self.name}': its noise levels ({levels}) are not supported; only linear betas from "
            f"0.0001 to 0.02 on {STEPS:,} steps are"
        )


def described(source: Source) -> Described:
    """The description of a pipeline, of a folder or of a name on the Hub. Raises InputError where
    there is no pipeline, and for the first property that is not supported."""
    if isinstance(source, DiffusionPipeline):
        name, index = type(source).__name__, source.config
        parts = {key: value for key, value in source.components.items() if value is not None}
        readable(name, {key: type(value).__name__ for key, value in parts.items()})
        unet, scheduler = parts["unet"].config, parts["scheduler"].config
    else:
        name, index = str(source), config(str(source), "model_index.json")
        readable(name, listed(index))
        unet, scheduler = (config(name, file) for file in CONFIGS)
    own = {key: value for key, value in unet.items() if not key.startswith("_")}
    if "image_channels" in index:  # exported by this library
        own["image_channels"] = index["image_channels"]
    found = Described(name, own, scheduler)
    for problem in problems(found):
        raise InputError(f"'{name}': {problem}")
    return found


def config(name: str, file: str) -> dict[str, Any]:
    """One configuration file. Raises InputError where it cannot be read or downloaded."""
    try:
        found: dict[str, Any] = json.loads(local(name, file).read_text())
    except (OSError, ValueError) as error:
        if Path(name, "config.json").exists():
            raise InputError(
                f"'{name}': a network alone, without the scheduler that states its noise levels; "
                "expected a folder of a pipeline, with model_index.json"
            ) from None
        raise InputError(
            f"'{name}' is no folder of a diffusers pipeline, and the Hub did not return one "
            f"({first_line(error)})"
        ) from None
    return found


def local(name: str, file: str) -> Path:
    """A file of a folder, or of a name on the Hub, which is downloaded once."""
    return Path(name, file) if Path(name).is_dir() else Path(hf_hub_download(name, file))


def first_line(error: Exception) -> str:
    """The first line of the message of an error, without details in brackets."""
    return (str(error).strip() or "no answer").splitlines()[0].split(" (")[0]


def listed(index: dict[str, Any]) -> dict[str, str]:
    """The class of each part in a model_index.json."""
    parts = {k: v for k, v in index.items() if isinstance(v, list) and not k.startswith("_")}
    return {key: value[1] for key, value in parts.items() if len(value) == 2 and value[1]}


def readable(name: str, classes: dict[str, str]) -> None:
    """Raises InputError unless a pipeline consists of a UNet2DModel and a scheduler."""
    others = [f"{part} ({kind})" for part, kind in classes.items() if part not in PARTS]
    missing = [part for part in PARTS if part not in classes]
    if others or missing:
        has = f"also has {', '.join(others)}" if others else f"has no {missing[0]}"
        supported = "only a UNet2DModel of pixels and a scheduler are supported"
        raise InputError(f"'{name}' {has}; {supported}")
    if classes["unet"] != "UNet2DModel":
        raise InputError(f"'{name}': expected a UNet2DModel as its unet, found {classes['unet']}")


def problems(found: Described) -> Iterator[str]:
    """The properties of a pipeline that are not supported, one line each."""
    unet, scheduler = found.unet, found.scheduler
    channels, out = unet["in_channels"], unet["out_channels"]
    if unet.get("class_embed_type") or unet.get("num_class_embeds"):
        yield "its unet takes class labels, which are not supported"
    if out == 2 * channels or "learned" in str(scheduler.get("variance_type")):
        yield f"its unet also predicts a variance ({out} channels for {channels}): not supported"
    if out != channels:
        yield f"its unet has {channels} channels as input and {out} as output"
    if found.size:
        yield from size_problems(found, *found.size)
    kind = scheduler.get("_class_name", "scheduler")
    if "beta_start" not in scheduler or scheduler.get("timestep_type") == "continuous":
        yield f"its {kind} has no table of betas over {STEPS:,} steps; other noise is not supported"
    if scheduler.get("prediction_type", "epsilon") not in PREDICT:
        yield f"prediction_type: {scheduler['prediction_type']} is not one of {', '.join(PREDICT)}"


def size_problems(found: Described, height: int, width: int) -> Iterator[str]:
    """A line where the network does not take images of that size: each level but the last halves
    them."""
    parts = found.fold * 2 ** (len(found.unet["down_block_types"]) - 1)
    if height % parts or width % parts:
        yield f"its unet takes images whose sides are multiples of {parts}, not {height} x {width}"
