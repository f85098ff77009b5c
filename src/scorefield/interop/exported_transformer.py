"""Our transformer as a network of diffusers, which its pipelines load where this library is
installed."""

from pathlib import Path
from typing import Any

from diffusers import ConfigMixin, DiffusionPipeline, ModelMixin
from diffusers.configuration_utils import register_to_config
from diffusers.models.unets.unet_2d import UNet2DOutput
from torch import Tensor

from scorefield.core.model import Model
from scorefield.core.schedule import STEPS, linear
from scorefield.nets._described import Source, config, listed
from scorefield.nets._levels import levels_of
from scorefield.nets.dit import dit


class ExportedTransformer(ModelMixin, ConfigMixin):
    """The network `dit` with the interface of UNet2DModel; timestep k is t = (k + 1) / 1000."""

    @register_to_config
    def __init__(
        self, in_channels: int, sample_size: tuple[int, int], numbers: dict[str, Any]
    ) -> None:
        super().__init__()
        shapes = {"train": [1, in_channels, *sample_size]}
        self.net = dit(shapes, linear(), **numbers)  # which takes no part of its schedule

    def forward(
        self,
        sample: Tensor,
        timestep: Tensor | float,
        class_labels: Tensor | None = None,
        return_dict: bool = True,
    ) -> UNet2DOutput | tuple[Tensor]:
        """What the network predicts at images (B, C, H, W)."""
        t = (sample.new_tensor(timestep) if not isinstance(timestep, Tensor) else timestep).float()
        out = self.net(sample, (t + 1) / STEPS, class_labels)
        return UNet2DOutput(sample=out) if return_dict else (out,)


def exported(source: Source) -> Model | None:
    """The model of a pipeline or its folder with such a network; None for others."""
    if isinstance(source, DiffusionPipeline):
        net = source.components.get("unet")
        noise = source.components["scheduler"].config if net is not None else {}
    else:
        index = Path(source, "model_index.json")
        classes = listed(config(str(source), index.name)) if index.exists() else {}
        if classes.get("unet") != ExportedTransformer.__name__:
            return None
        net = ExportedTransformer.from_pretrained(Path(source, "unet"))
        noise = config(str(source), "scheduler/scheduler_config.json")
    if not isinstance(net, ExportedTransformer):
        return None
    levels, own = levels_of(noise), net.config
    return Model(net.net, levels.schedule, levels.predict, (own.in_channels, *own.sample_size))
