"""What a diffusers pipeline is, told by its configurations alone: they are read first, so that no
weights are fetched of a pipeline that cannot be read."""

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

Source: TypeAlias = (
    str | Path | DiffusionPipeline
)  # a folder or a name on the Hub, or the pipeline itself
PREDICT: dict[str, Prediction] = {"epsilon": "eps", "sample": "x0", "v_prediction": "v"}
READ = ("unet", "scheduler")  # the parts of a pipeline that is read
CONFIGS = ("unet/config.json", "scheduler/scheduler_config.json")
BETAS = (
    *("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas"),
    "rescale_betas_zero_snr",
)


@dataclass(frozen=True)
class Described:
    """A pipeline of a UNet2DModel and a scheduler, by its configurations; `name` is for errors."""

    name: str
    unet: Mapping[str, Any]
    scheduler: Mapping[str, Any]

    @property
    def fold(self) -> int:
        """The side of the squares of pixels that lie in the channels; 1 but for our own exports."""
        channels: int = self.unet["in_channels"]
        return isqrt(channels // self.unet.get("image_channels", channels))

    @property
    def channels(self) -> int:
        """Those of an image."""
        found: int = self.unet["in_channels"] // self.fold**2
        return found

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width of the images it was trained on, where that is stated."""
        stated = self.unet.get("sample_size")
        if stated is None:
            return None
        height, width = (stated, stated) if isinstance(stated, int) else stated
        return self.fold * height, self.fold * width

    @property
    def predict(self) -> Prediction:
        """What the network puts out."""
        return PREDICT[self.scheduler.get("prediction_type", "epsilon")]

    @cached_property
    def table(self) -> Tensor:
        """alpha^2 after each step of its noise schedule, (steps,) in float64. Raises InputError for
        a kind of betas that diffusers does not know."""
        try:
            found: Tensor = DDPMScheduler(**self.betas).alphas_cumprod
        except NotImplementedError as error:
            raise InputError(f"'{self.name}': {error}") from None
        return found.double()

    @property
    def betas(self) -> dict[str, Any]:
        """What says the betas of its noise schedule."""
        return {key: self.scheduler[key] for key in BETAS if key in self.scheduler}

    def knows(self, schedule: Schedule) -> bool:
        """Whether it was trained on the noise levels of a schedule."""
        if len(self.table) != STEPS:
            return False
        t = torch.arange(1, STEPS + 1, dtype=torch.float64) / STEPS
        alpha, sigma = schedule(t)
        gap = torch.stack([self.table - alpha**2, 1 - self.table - sigma**2])
        return bool(gap.abs().max() < 1e-3)

    def schedule(self) -> Schedule:
        """The schedule whose noise levels it was trained on. Raises InputError for others."""
        for make in SCHEDULES.values():
            if self.knows(make()):
                return make()
        own = self.betas.pop("trained_betas", None) is not None
        raise InputError(
            f"'{self.name}': its noise levels ({'a table of its own' if own else self.betas}) are "
            f"not read; only linear betas from 0.0001 to 0.02 on {STEPS:,} steps are"
        )


def described(source: Source) -> Described:
    """A pipeline, or that of a folder or a name on the Hub, by its configurations. Raises
    InputError where there is none, and in one line for the first part of it that is not read."""
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
    images = {key: index[key] for key in ("image_channels",) if key in index}  # of our exports
    found = Described(name, own | images, scheduler)
    for problem in problems(found):
        raise InputError(f"'{name}': {problem}")
    return found


def config(name: str, file: str) -> dict[str, Any]:
    """One configuration. Raises InputError where it is not to be had."""
    try:
        found: dict[str, Any] = json.loads(local(name, file).read_text())
    except (OSError, ValueError) as error:
        if Path(name, "config.json").exists():
            raise InputError(
                f"'{name}': a network alone, without the scheduler that states its noise levels; "
                "expected a folder of a pipeline, with model_index.json"
            ) from None
        raise InputError(
            f"'{name}' is no folder of a diffusers pipeline, and the Hub did not give it "
            f"({first_line(error)})"
        ) from None
    return found


def local(name: str, file: str) -> Path:
    """A file of a folder, or of a name on the Hub, which is fetched once."""
    return Path(name, file) if Path(name).is_dir() else Path(hf_hub_download(name, file))


def first_line(error: Exception) -> str:
    """What an error says, in short."""
    return (str(error).strip() or "no answer").splitlines()[0].split(" (")[0]


def listed(index: dict[str, Any]) -> dict[str, str]:
    """The class of each part that a model_index.json names."""
    parts = {k: v for k, v in index.items() if isinstance(v, list) and not k.startswith("_")}
    return {key: value[1] for key, value in parts.items() if len(value) == 2 and value[1]}


def readable(name: str, classes: dict[str, str]) -> None:
    """Raise InputError unless a pipeline is a UNet2DModel and a scheduler, nothing more."""
    others = [f"{part} ({kind})" for part, kind in classes.items() if part not in READ]
    missing = [part for part in READ if part not in classes]
    if others or missing:
        has = f"also has {', '.join(others)}" if others else f"has no {missing[0]}"
        raise InputError(f"'{name}' {has}; only a UNet2DModel of pixels and its scheduler are read")
    if classes["unet"] != "UNet2DModel":
        raise InputError(f"'{name}': expected a UNet2DModel as its unet, found {classes['unet']}")


def problems(found: Described) -> Iterator[str]:
    """What of a pipeline is not read, in one line each."""
    unet, scheduler = found.unet, found.scheduler
    given, out = unet["in_channels"], unet["out_channels"]
    if unet.get("class_embed_type") or unet.get("num_class_embeds"):
        yield "its unet takes class labels, which are not read"
    if out == 2 * given or "learned" in str(scheduler.get("variance_type")):
        yield f"its unet also puts out a variance ({out} channels for {given}), which is not read"
    if out != given:
        yield f"its unet takes {given} channels and puts out {out}"
    if found.size:
        yield from size_problems(found, *found.size)
    kind = scheduler.get("_class_name", "scheduler")
    if "beta_start" not in scheduler or scheduler.get("timestep_type") == "continuous":
        yield f"its {kind} has no table of betas over {STEPS:,} steps; other noise is not read"
    if scheduler.get("prediction_type", "epsilon") not in PREDICT:
        yield f"prediction_type: {scheduler['prediction_type']} is none of {', '.join(PREDICT)}"


def size_problems(found: Described, height: int, width: int) -> Iterator[str]:
    """Whether the network takes images of that size: every level but the last halves them."""
    parts = found.fold * 2 ** (len(found.unet["down_block_types"]) - 1)
    if height % parts or width % parts:
        yield f"its unet takes images whose sides are multiples of {parts}, not {height} x {width}"
