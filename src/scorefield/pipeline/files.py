"""What the stages exchange: tensors as safetensors, figures as JSON, models as folders.

No pickle is read or written, and every file is written beside its place and renamed into it.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from scorefield.core import schedule
from scorefield.core.datasets import Images, Layouts, Points, dataset_of
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.network import Network, hooks
from scorefield.core.registry import load_method
from scorefield.pipeline import progress, ranks

ZOO = Path("zoo")  # models that come with the project
WEIGHTS = "diffusion_pytorch_model.safetensors"  # the name that diffusers' loader looks for


def command(main: Callable[..., None]) -> None:
    """Run a stage on its command-line arguments; an InputError ends it with its one line."""
    try:
        with ranks.joined(), progress.timed():
            main(*sys.argv[1:])
    except InputError as error:
        sys.exit(f"error: {error}")


@contextmanager
def placed(path: str | Path) -> Iterator[Path]:
    """Where to write a file, which is renamed to `path` when it is whole and else removed. Raises
    InputError where the disk is full or the place may not be written."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        beside.replace(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: not written, {error}; what was there is kept") from None
    finally:
        beside.unlink(missing_ok=True)


def write(path: str | Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with placed(path) as beside:
        beside.write_bytes(content)


def checksum(*paths: str | Path) -> str:
    """SHA-256 of files, one after the other. Raises InputError where there is none."""
    whole = sha256()
    for path in paths:
        try:
            whole.update(Path(path).read_bytes())
        except OSError:
            raise InputError(f"{path}: not found") from None
    return whole.hexdigest()


def save_tensors(
    path: str | Path, tensors: dict[str, Tensor], words: dict[str, str] | None = None
) -> None:
    """Tensors as safetensors, with words as its metadata."""
    kept = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    with placed(path) as beside:
        save_file(kept, beside, words)


def load_tensors(path: str | Path) -> dict[str, Tensor]:
    """All tensors of a file in the order of their names, mapped into memory and read where they
    are used."""
    try:
        return dict(sorted(load_file(path).items()))
    except FileNotFoundError:
        raise InputError(f"{path}: not found; `dvc repro` or `dvc pull` makes it") from None
    except SafetensorError as error:
        raise InputError(f"{path}: expected a safetensors file, but {error}") from None


def save_json(path: str | Path, value: Any) -> None:
    """Sorted keys and six significant digits, so that equal figures are equal bytes."""

    def rounded(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: rounded(item) for key, item in node.items()}
        return float(f"{node:.6g}") if isinstance(node, float) else node

    write(path, (json.dumps(rounded(value), indent=2, sort_keys=True) + "\n").encode())


def load_json(path: str | Path) -> Any:
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError:
        raise InputError(f"{path}: not found; `dvc repro` or `dvc pull` makes it") from None
    except ValueError as error:
        raise InputError(f"{path}: expected JSON, but {error}") from None


def save_table(path: str | Path, table: Any, index: bool = False) -> None:
    """A pandas table as CSV, with six significant digits."""
    write(path, table.to_csv(index=index, float_format="%.6g").encode())


def to_unit(images: Tensor) -> Tensor:
    """Bytes to floats in [-1, 1]; floats stay."""
    return images if images.is_floating_point() else images.float() / 127.5 - 1


def to_bytes(images: Tensor) -> Tensor:
    """Floats in [-1, 1] to bytes, clipped, a thousand images at a time; bytes stay. Raises
    InputError for what is not finite, which no byte can say."""
    if images.dtype == torch.uint8:
        return images
    found = torch.empty(images.shape, dtype=torch.uint8, device=images.device)
    for part, place in zip(images.split(1000), found.split(1000), strict=True):
        if not part.isfinite().all():
            raise InputError("images: expected finite values")
        place.copy_(((part.clamp(-1, 1) + 1) * 127.5).round())
    return found


def load_bytes(path: str | Path) -> dict[str, Tensor]:
    """All tensors of a file with its images (N, C, H, W) as bytes, a quarter of the memory of
    floats; nothing stays mapped."""
    found = load_tensors(path)
    for name, value in found.items():
        image = value.ndim == 4 and value.is_floating_point()
        found[name] = to_bytes(value) if image else value.clone()
    return found


def load_image(path: str, shape: torch.Size) -> Tensor:
    """An image file of the user's as floats in [-1, 1], brought to the shape (C, H, W). Raises
    InputError for what is no image."""
    from PIL import Image
    from torchvision.transforms.functional import pil_to_tensor

    if len(shape) != 3:
        raise InputError(f"'{path}': an image file where the data are points")
    try:
        with Image.open(path) as image:
            sized = image.convert("L" if shape[0] == 1 else "RGB").resize((shape[2], shape[1]))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"'{path}' is no image file ({error})") from None
    return to_unit(pil_to_tensor(sized))


def load_data(name: str) -> dict[str, Tensor]:
    """One prepared dataset; images, stored as bytes, come back as floats in [-1, 1]."""
    tensors = load_tensors(f"data/{name}.safetensors")
    return {k: to_unit(v) if v.dtype == torch.uint8 else v for k, v in tensors.items()}


def load_dataset(name: str, *, as_bytes: bool = False) -> Points | Layouts | Images:
    """The prepared dataset data/<name>.safetensors; its images are floats in [-1, 1], or as they
    are stored with `as_bytes`. Raises InputError where there is none."""
    path = f"data/{name}.safetensors"
    return dataset_of(load_tensors(path) if as_bytes else load_data(name))


def build(config: dict[str, Any]) -> Model:
    """An untrained model from its config: net, numbers, shapes, schedule and predict; a shape for
    xi makes it one that draws."""
    noise, shapes = schedule.named(config["schedule"]), config["shapes"]
    net = load_method("nets", config["net"])(shapes, noise, **config["numbers"])
    return Model(net, noise, config["predict"], shapes["train"][1:], draws="xi" in shapes)


def save_model(folder: str | Path, config: dict[str, Any], model: Model) -> None:
    """Weights and config.json; a network of diffusers stays loadable by its own loader, which
    skips keys that start with an underscore. What a network was `resolved` from stays with it."""
    net = hooks(model.net)
    if net.resolved:
        config = config | {"numbers": config["numbers"] | {"resolved": net.resolved}}
    save_json(Path(folder) / "config.json", {**net.diffusers_config(), "_scorefield": config})
    save_tensors(Path(folder) / WEIGHTS, model.net.state_dict())


def load_model(folder: str | Path, precision: str = "") -> Model:
    """A trained model in evaluation mode, its weights frozen. `precision`, if given, is what its
    matrices are multiplied in instead of what its config says: auto, float32 or bfloat16; networks
    without that choice ignore it."""
    try:
        saved = load_json(Path(folder) / "config.json")
        model = build(saved["_scorefield"])
        if precision and isinstance(model.net, Network):
            model.net.precision = precision
        for key, value in hooks(model.net).diffusers_config().items():
            if key[0] != "_" and saved[key] != value:
                raise RuntimeError(f"its {key} is {saved[key]}, not {value}")
        model.net.load_state_dict(load_tensors(Path(folder) / WEIGHTS))
    except (KeyError, RuntimeError) as error:
        raise InputError(f"{folder}: expected a model of this version, but {error}") from None
    return model.eval().requires_grad_(False)
