"""Networks of diffusers pipelines. No code of a pipeline is run, and nothing is unpickled."""

from math import isqrt
from pathlib import Path
from typing import Any

from diffusers import DiffusionPipeline, UNet2DModel

from scorefield.core.errors import InputError
from scorefield.core.network import rebuilt_from
from scorefield.nets._described import Described, Source, first_line, local
from scorefield.nets.unet import UNet
from scorefield.pipeline.files import WEIGHTS


def network(config: dict[str, Any]) -> UNet:
    """The network of a UNet2DModel configuration, with random weights."""
    own, channels = dict(config), config["in_channels"]
    images: int = own.pop("image_channels", channels)
    net: UNet = UNet.from_config(own)
    net.fold = isqrt(channels // images)
    return net


def network_of(found: Described) -> UNet:
    """The network of a pipeline, with random weights and the configuration it is rebuilt from."""
    own = dict(found.unet)
    net = network(own)
    rebuilt_from(net, {"predict": found.predict, "unet": own}, found.predict)
    return net


def load_weights(net: UNet, source: Source) -> None:
    """Load the weights of a pipeline into a network, in float32. Raises InputError where a folder
    or the Hub has no weights in safetensors."""
    if isinstance(source, DiffusionPipeline):
        net.load_state_dict(source.components["unet"].state_dict())
        return
    try:
        folder = local(str(source), f"unet/{WEIGHTS}").parent
        options = {"use_safetensors": True, "low_cpu_mem_usage": False}
        net.load_state_dict(UNet2DModel.from_pretrained(folder, **options).state_dict())
    except (OSError, ValueError, RuntimeError) as error:
        files = Path(source, "unet").glob("*")
        others = ", ".join(sorted(file.name for file in files if file.suffix != ".json"))
        why = f"found {others}" if others else first_line(error)
        raise InputError(f"'{source}': expected unet/{WEIGHTS}; {why}") from None
