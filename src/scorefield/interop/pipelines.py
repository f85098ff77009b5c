"""Models from diffusers pipelines: no code of theirs runs, and nothing is unpickled."""

from math import isqrt
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from diffusers import DiffusionPipeline, UNet2DModel

from scorefield.core.errors import InputError
from scorefield.core.files import WEIGHTS
from scorefield.core.model import Model
from scorefield.core.network import rebuilt_from
from scorefield.interop.described import Described, Source, described, first_line, local
from scorefield.nets.unet import UNet

Precision = Literal["float32", "bfloat16", "auto"]


def network(config: dict[str, Any]) -> UNet:
    """The network of a configuration of UNet2DModel, with fresh weights."""
    own, channels = dict(config), config["in_channels"]
    images: int = own.pop("image_channels", channels)
    net: UNet = UNet.from_config(own)
    net.fold = isqrt(channels // images)
    return net


def network_of(found: Described) -> UNet:
    """The network of a pipeline, with fresh weights; it says what it is rebuilt from."""
    own = dict(found.unet)
    net = network(own)
    rebuilt_from(net, {"predict": found.predict, "unet": own}, found.predict)
    return net


def load_weights(net: UNet, source: Source) -> None:
    """Give a network the weights of a pipeline, in float32. Raises InputError where a folder or the
    Hub has none in safetensors."""
    if isinstance(source, DiffusionPipeline):
        net.load_state_dict(source.components["unet"].state_dict())
        return
    try:
        folder = local(str(source), f"unet/{WEIGHTS}").parent
        given = {"use_safetensors": True, "low_cpu_mem_usage": False}
        net.load_state_dict(UNet2DModel.from_pretrained(folder, **given).state_dict())
    except (OSError, ValueError, RuntimeError) as error:
        files = Path(source, "unet").glob("*")
        others = ", ".join(sorted(file.name for file in files if file.suffix != ".json"))
        why = f"found {others}" if others else first_line(error)
        raise InputError(f"'{source}': expected unet/{WEIGHTS}; {why}") from None


def from_diffusers(source: Source, precision: Precision = "float32") -> Model:
    """A frozen model of images (B, C, H, W) in [-1, 1] from a diffusers pipeline, its folder or its
    name on the Hub: an unconditional UNet2DModel that predicts epsilon, sample or v_prediction.

    Its time t in [0, 1] is step 1000 t of the pipeline. `precision` is what matrices are multiplied
    in: float32, bfloat16, or auto for what is faster. Raises InputError in one line for whatever is
    not read, before any weights are fetched.
    """
    if precision not in get_args(Precision):
        raise InputError(
            f"precision: expected {', '.join(get_args(Precision))}, found '{precision}'"
        )
    found = described(source)
    schedule = found.schedule()
    if not found.size:
        raise InputError(f"'{found.name}': its unet does not state the size of images, sample_size")
    net = network_of(found)
    load_weights(net, source)
    net.precision = precision
    model = Model(net, schedule, found.predict, (found.channels, *found.size))
    place = source.device if isinstance(source, DiffusionPipeline) else torch.device("cpu")
    return model.to(place).eval().requires_grad_(False)
