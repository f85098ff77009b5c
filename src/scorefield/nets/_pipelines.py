"""Networks of diffusers pipelines. No code of a pipeline is run, and nothing is unpickled."""

import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers import DiffusionPipeline
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from scorefield.core.errors import InputError
from scorefield.core.hardware import arithmetic
from scorefield.core.network import Network
from scorefield.nets._described import Described, Source, first_line, local
from scorefield.pipeline.files import WEIGHTS

HALF = "diffusion_pytorch_model.fp16.safetensors"


class Foreign(Network):
    """The network of a diffusers pipeline, with random weights, in float32: images or latents (B,
    C, H, W) and t to what it predicts; of one that also predicts a variance, the mean's half."""

    def __init__(self, found: Described) -> None:
        super().__init__()
        levels = found.levels
        self.clock, self.sign, self.fold = levels.clock, levels.sign, found.fold
        self.predict, self.own_schedule, self.std = levels.predict, levels.schedule, levels.std
        self.classes, self.labelled = found.classes, found.part == "transformer"
        self.resolved = asdict(found)
        self.net = made(found.net)
        self.coder = made(found.coder) if found.coder else None

    def embeddings(self) -> tuple[nn.Module, ...]:
        named = ("time_embedding", "class_embedding", "pos_embed", "caption_projection")
        return tuple(part for name, part in self.net.named_children() if name in named)

    def training_labels(self, labels: Tensor | None) -> Tensor | None:
        """Labels as they are. Raises InputError for a label that the network does not have, and
        for none where it has no label that stands for none."""
        if labels is None and not self.labelled:
            raise InputError(
                f"condition: this network needs labels, whole numbers below {self.classes}; it has "
                "none that stands for no label"
            )
        if labels is not None and not 0 <= labels.min() <= labels.max() < self.classes:
            raise InputError(f"condition: expected labels from 0 to {self.classes - 1}")
        return labels

    def forward(self, x: Tensor, t: Tensor, labels: Tensor | None = None) -> Tensor:
        index = self.clock(t.to(x.device, torch.float32)).flatten().expand(len(x))
        folded = pixel_unshuffle(x.float(), self.fold) if self.fold > 1 else x.float()
        more = {}
        if self.classes:
            none = torch.full((len(x),), self.classes, device=x.device)
            more["class_labels"] = none if labels is None else labels.to(x.device).expand(len(x))
        with arithmetic(self.precision, x.device):
            out = self.net(folded, index, return_dict=False, **more)[0]
        out = self.sign * out[:, : folded.shape[1]].float()
        return (pixel_shuffle(out, self.fold) if self.fold > 1 else out).to(x.dtype)

    def decode(self, x: Tensor) -> Tensor:
        """Images in [-1, 1] of latents; images stay."""
        if self.coder is None:
            return x
        scale, shift = scaling(self.coder)
        images: Tensor = self.coder.decode(x / scale + shift, return_dict=False)[0]
        return images

    def encode(self, x: Tensor) -> Tensor:
        """Latents of images in [-1, 1]; images stay where there are no latents."""
        if self.coder is None:
            return x
        scale, shift = scaling(self.coder)
        found = self.coder.encode(x)
        latents: Tensor = found.latent_dist.mode() if "latent_dist" in found else found.latents
        return (latents - shift) * scale


def scaling(coder: Any) -> tuple[float, float]:
    """What latents are multiplied by before noise is added, and what is subtracted first."""
    own = coder.config
    return own.get("scaling_factor") or 1.0, own.get("shift_factor") or 0.0


def made(config: Any) -> Any:
    """A part of a pipeline with random weights, from its configuration and class."""
    own = {k: v for k, v in config.items() if k not in ("_class_name", "image_channels")}
    return getattr(diffusers, config["_class_name"]).from_config(own)


def load_weights(net: Foreign, found: Described, source: Source) -> None:
    """Load the weights of a pipeline into a network, in float32; weights of another type are cast,
    with a warning. Raises InputError where a folder or the Hub has no weights in safetensors."""
    parts = {found.part: net.net} | ({found.coder_part: net.coder} if net.coder else {})
    for part, module in parts.items():
        if isinstance(source, DiffusionPipeline):
            module.load_state_dict(source.components[part].state_dict())
        else:
            load_part(module, found.name, part)
        module.eval()


def load_part(module: Any, name: str, part: str) -> None:
    """The weights of one part of a folder or of a name on the Hub."""
    try:
        try:
            file, variant = local(name, f"{part}/{WEIGHTS}"), None
            header = safe_open(file, "pt")
        except OSError:
            file, variant = local(name, f"{part}/{HALF}"), "fp16"
            header = safe_open(file, "pt")
        with header as tensors:
            kinds = {tensors.get_slice(key).get_dtype() for key in tensors.keys()}  # noqa: SIM118
        options = {"use_safetensors": True, "low_cpu_mem_usage": False, "variant": variant}
        loaded = type(module).from_pretrained(file.parent, **options)
        module.load_state_dict(loaded.state_dict())
    except (OSError, ValueError, RuntimeError) as error:
        files = Path(name, part).glob("*")
        others = ", ".join(sorted(file.name for file in files if file.suffix != ".json"))
        why = f"found {others}" if others else first_line(error)
        raise InputError(f"'{name}': expected {part}/{WEIGHTS}; {why}") from None
    if lower := sorted(kinds & {"F16", "BF16"}):
        warnings.warn(f"'{name}': {part} has weights in {lower[0]}, read as float32", stacklevel=2)
