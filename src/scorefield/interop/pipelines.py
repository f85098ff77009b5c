"""Models from diffusers pipelines. No code of a pipeline is run, and nothing is unpickled."""

from typing import Literal, get_args

import torch
from diffusers import DiffusionPipeline

from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.nets._described import Source, described
from scorefield.nets._pipelines import load_weights, network_of

Precision = Literal["float32", "bfloat16", "auto"]


def from_diffusers(source: Source, precision: Precision = "float32") -> Model:
    """A frozen model of images (B, C, H, W) in [-1, 1] from a diffusers pipeline, its folder or its
    name on the Hub: an unconditional UNet2DModel that predicts epsilon, sample or v_prediction.

    The time t in [0, 1] is step 1000 t of the pipeline. `precision` is the number format of matrix
    products: float32, bfloat16, or auto for the faster one. Raises InputError for a pipeline that
    is not supported, before any weights are downloaded.
    """
    if precision not in get_args(Precision):
        raise InputError(
            f"precision: expected {', '.join(get_args(Precision))}, found '{precision}'"
        )
    found = described(source)
    schedule = found.schedule()
    if not found.size:
        raise InputError(f"'{found.name}': its unet does not state its sample_size")
    net = network_of(found)
    load_weights(net, source)
    net.precision = precision
    model = Model(net, schedule, found.predict, (found.channels, *found.size))
    place = source.device if isinstance(source, DiffusionPipeline) else torch.device("cpu")
    return model.to(place).eval().requires_grad_(False)
