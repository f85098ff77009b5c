"""Models from diffusers pipelines. No code of a pipeline is run, and nothing is unpickled."""

from typing import Literal, get_args

import torch
from diffusers import DiffusionPipeline

from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.interop.exported_transformer import exported
from scorefield.nets._described import Source, described
from scorefield.nets._pipelines import Foreign, load_weights

Precision = Literal["float32", "bfloat16", "auto"]


def from_diffusers(source: Source, precision: Precision = "float32") -> Model:
    """A frozen model of images (B, C, H, W) in [-1, 1], or of their latents, from a diffusers
    pipeline, its folder or its name on the Hub: a UNet2DModel or DiTTransformer2DModel, with or
    without labels, with betas, flow matching or the noise levels of EDM. `decode` of the model
    makes images of latents, `encode` latents of images.

    At the time t the noise is that of the pipeline's step N t of N, of its sigma = t (flow
    matching), or of sigma = sigma_max t^7 (EDM). `precision` is the number format of matrix
    products: float32, bfloat16, or auto for the faster one. Raises InputError for a pipeline that
    is not supported, before any weights are downloaded.
    """
    if precision not in get_args(Precision):
        raise InputError(
            f"precision: expected {', '.join(get_args(Precision))}, found '{precision}'"
        )
    model = exported(source)
    if model is None:
        found = described(source)
        if not found.size:
            raise InputError(f"'{found.name}': its {found.part} does not state its sample_size")
        net, levels = Foreign(found), found.levels
        shape = found.channels, *found.size
        model = Model(net, levels.schedule, levels.predict, shape, std=levels.std)
        load_weights(net, found, source)
        net.precision = precision
    place = source.device if isinstance(source, DiffusionPipeline) else torch.device("cpu")
    return model.to(place).eval().requires_grad_(False)
