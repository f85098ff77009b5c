"""The description of a diffusers pipeline from its configurations. They are read first, so that the
weights of an unsupported pipeline are not downloaded."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Any, TypeAlias

from diffusers import DiffusionPipeline
from huggingface_hub import hf_hub_download

from scorefield.core.errors import InputError
from scorefield.nets._levels import Levels, levels_of

Source: TypeAlias = str | Path | DiffusionPipeline  # a folder, a name on the Hub, or a pipeline
NETWORKS = {"unet": ("UNet2DModel",), "transformer": ("DiTTransformer2DModel",)}
CODERS = {  # of latents
    "vae": ("AutoencoderKL", "AutoencoderTiny", "VQModel"),
    "vqvae": ("VQModel", "AutoencoderKL", "AutoencoderTiny"),
}
SUPPORTED = "a UNet2DModel or DiTTransformer2DModel, a scheduler and a decoder of latents"
Config: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Described:
    """The configurations of a pipeline: its network, its scheduler and what decodes its latents
    (empty for pixels), and the names of the parts; `name` is for errors."""

    name: str
    part: str
    net: Config
    scheduler: Config
    coder_part: str = ""
    coder: Config | None = None

    @property
    def fold(self) -> int:
        """The side of the squares of pixels that are folded into channels; above 1 only for
        pipelines that this library exported."""
        channels: int = self.net["in_channels"]
        return isqrt(channels // self.net.get("image_channels", channels))

    @property
    def channels(self) -> int:
        """The number of channels of an image, or of its latents."""
        found: int = self.net["in_channels"] // self.fold**2
        return found

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width of the training images; None where the configuration does not state
        them."""
        stated = self.net.get("sample_size")
        if stated is None:
            return None
        height, width = (stated, stated) if isinstance(stated, int) else stated
        return self.fold * height, self.fold * width

    @property
    def classes(self) -> int:
        """The number of labels that its network takes, 0 for none."""
        key = "num_class_embeds" if self.part == "unet" else "num_embeds_ada_norm"
        return self.net.get(key) or 0

    @property
    def levels(self) -> Levels:
        """Its noise levels. Raises InputError where they are not supported."""
        try:
            return levels_of(self.scheduler)
        except InputError as error:
            raise InputError(f"'{self.name}': {error}") from None

    @property
    def parts(self) -> int:
        """What the sides of an image are multiples of: each level of a U-Net but the last halves
        them; the patches of a transformer."""
        if self.part == "transformer":
            return int(self.net.get("patch_size", 2))
        return int(self.fold * 2 ** (len(self.net["down_block_types"]) - 1))


def described(source: Source) -> Described:
    """The description of a pipeline, of a folder or of a name on the Hub. Raises InputError where
    there is no pipeline, and for the first property that is not supported."""
    if isinstance(source, DiffusionPipeline):
        name, index = type(source).__name__, dict(source.config)
        held = {key: value for key, value in source.components.items() if value is not None}
        classes = {key: type(value).__name__ for key, value in held.items()}
        configs = {key: dict(getattr(value, "config", {})) for key, value in held.items()}
    else:
        name, index = str(source), config(str(source), "model_index.json")
        classes, configs = listed(index), {}
    part, coder = readable(name, classes)

    def of(key: str) -> dict[str, Any]:
        file = "scheduler_config" if key == "scheduler" else "config"
        found = configs[key] if key in configs else config(name, f"{key}/{file}.json")
        clean = {k: v for k, v in found.items() if not k.startswith("_")}
        return clean | {"_class_name": classes[key]}

    own = of(part)
    if "image_channels" in index:  # exported by this library
        own["image_channels"] = index["image_channels"]
    found = Described(name, part, own, of("scheduler"), coder, of(coder) if coder else None)
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


def readable(name: str, classes: dict[str, str]) -> tuple[str, str]:
    """The names of the network's part and of that which decodes latents, empty for none. Raises
    InputError for a pipeline of other parts, such as a text encoder."""
    known = {*NETWORKS, *CODERS, "scheduler"}
    others = [f"{part} ({kind})" for part, kind in classes.items() if part not in known]
    networks, coders = ([part for part in each if part in classes] for each in (NETWORKS, CODERS))
    if others:
        raise InputError(f"'{name}' also has {', '.join(others)}; supported: {SUPPORTED}")
    if len(networks) != 1 or len(coders) > 1 or "scheduler" not in classes:
        missing = "no scheduler" if networks else "no unet or transformer"
        raise InputError(f"'{name}' has {missing}; supported: {SUPPORTED}")
    for part in (*networks, *coders):
        expected = (NETWORKS | CODERS)[part]
        if classes[part] not in expected:
            raise InputError(
                f"'{name}': expected {' or '.join(expected)} as its {part}, found {classes[part]}"
            )
    return networks[0], "".join(coders)


def problems(found: Described) -> Iterator[str]:
    """The properties of a pipeline that are not supported, one line each."""
    channels, out = found.net["in_channels"], found.net.get("out_channels")
    if found.net.get("class_embed_type"):
        yield f"its unet's class_embed_type, {found.net['class_embed_type']}, is not supported"
    if out not in (None, channels, 2 * channels):
        yield f"its {found.part} has {channels} channels as input and {out} as output"
    if found.size:
        yield from size_problems(found, *found.size)
    try:
        levels_of(found.scheduler)
    except InputError as error:
        yield str(error)


def size_problems(found: Described, height: int, width: int) -> Iterator[str]:
    """A line where the network does not take images of that size."""
    if height % found.parts or width % found.parts:
        yield (
            f"its {found.part} takes images whose sides are multiples of {found.parts}, not "
            f"{height} x {width}"
        )
