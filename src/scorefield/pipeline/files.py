"""What the stages exchange: tensors as safetensors, figures as JSON, models as folders.

No pickle is read or written, and every file is written beside its place and renamed into it.
"""

import json
import math
import os
from collections.abc import Iterator
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

JUMPING = "mlp, unet and dit"  # networks of average velocities
WEIGHTS = "diffusion_pytorch_model.safetensors"  # the name that diffusers' loader looks for


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


def regular(path: str | Path) -> Path:
    """The path of a file. Raises InputError where there is none, or something else: a directory, or
    a pipe, which a reader would wait for without end."""
    if not Path(path).exists():
        raise InputError(f"{path}: not found")
    if not Path(path).is_file():
        what = "a directory" if Path(path).is_dir() else "something else"
        raise InputError(f"{path}: expected a file, found {what}")
    return Path(path)


def content(path: str | Path) -> bytes:
    """The bytes of a file. Raises InputError where it cannot be read."""
    try:
        return regular(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: not read, {error.strerror}") from None


def result(path: str | Path) -> Path:
    """A file that a stage makes. Raises InputError where it is not there."""
    if not Path(path).exists():
        raise InputError(f"{path}: not found; `dvc repro` or `dvc pull` makes it")
    return regular(path)


def checksum(*paths: str | Path) -> str:
    """SHA-256 of files, one after the other. Raises InputError where there is none."""
    whole = sha256()
    for path in paths:
        whole.update(content(path))
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
        return dict(sorted(load_file(result(path)).items()))
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: expected a safetensors file, but {error}") from None


def save_json(path: str | Path, value: Any) -> None:
    """Sorted keys and six significant digits, so that equal figures are equal bytes. JSON has no
    NaN: what is not finite is left out of a dict with a line, and null in a list."""

    def rounded(node: Any, where: str) -> Any:
        if isinstance(node, dict):
            found = {key: rounded(item, f"{where}: {key}") for key, item in node.items()}
            return {key: item for key, item in found.items() if item is not ...}
        if isinstance(node, list | tuple):
            lost = [isinstance(item, float) and not math.isfinite(item) for item in node]
            return [None if bad else item for bad, item in zip(lost, node, strict=True)]
        if not isinstance(node, float):
            return node
        if math.isfinite(node):
            return float(f"{node:.6g}")
        print(f"{where} is {node}: left out", flush=True)
        return ...

    text = json.dumps(rounded(value, f"{path}"), indent=2, sort_keys=True, allow_nan=False)
    write(path, (text + "\n").encode())


def load_json(path: str | Path) -> Any:
    """What a JSON file holds. Raises InputError where it is not there or no JSON, as with NaN."""

    def refused(number: str) -> None:
        raise ValueError(f"it holds {number}")

    text = content(result(path))
    try:
        return json.loads(text, parse_constant=refused)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected JSON, but {error}") from None


def save_table(path: str | Path, table: Any, index: bool = False) -> None:
    """A pandas table as CSV, with six significant digits."""
    write(path, table.to_csv(index=index, float_format="%.6g").encode())


def load_table(path: str | Path) -> Any:
    """A pandas table from CSV. Raises InputError where it is not there or no table."""
    import pandas

    file = result(path)
    try:
        return pandas.read_csv(file)
    except (ValueError, OSError) as error:
        raise InputError(f"{path}: expected a table, but {error}") from None


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
    xi makes it one that draws, one for until one that jumps. Raises InputError for a network that
    cannot jump."""
    noise, shapes = schedule.named(config["schedule"]), config["shapes"]
    net = load_method("nets", config["net"])(shapes, noise, **config["numbers"])
    if "until" in shapes and not hooks(net).jumps:
        raise InputError(f"{config['net']}: takes no second time, which {JUMPING} do")
    known = hooks(net).own_schedule if noise is schedule.OWN else noise
    if known is None:
        raise InputError(f"schedule: own is for net: pretrained, not for {config['net']}")
    shape, std = shapes["train"][1:], config.get("std", hooks(net).std)
    return Model(net, known, config["predict"], shape, draws="xi" in shapes, std=std)


def save_model(folder: str | Path, config: dict[str, Any], model: Model) -> None:
    """Weights and config.json; a network of diffusers stays loadable by its own loader, which
    skips keys that start with an underscore. What a network was `resolved` from stays with it."""
    net = hooks(model.net)
    if net.resolved:
        config = config | {"numbers": config["numbers"] | {"resolved": net.resolved}}
    save_json(Path(folder) / "config.json", {**net.diffusers_config(), "_scorefield": config})
    save_tensors(Path(folder) / WEIGHTS, model.net.state_dict())


def load_config(folder: str | Path) -> dict[str, Any]:
    """What a model is built from: its config.json, of this project. Raises InputError for another
    file."""
    saved = load_json(Path(folder) / "config.json")
    found = saved.get("_scorefield") if isinstance(saved, dict) else None
    if not isinstance(found, dict):
        raise InputError(f"{folder}: expected a folder as models/<name> is, of this version")
    return found


def load_model(folder: str | Path, precision: str = "") -> Model:
    """A trained model in evaluation mode, its weights frozen. `precision`, if given, is what its
    matrices are multiplied in instead of what its config says: auto, float32 or bfloat16; networks
    without that choice ignore it."""
    own, saved = load_config(folder), load_json(Path(folder) / "config.json")
    try:
        model = build(own)
        if precision and isinstance(model.net, Network):
            model.net.precision = precision
        for key, value in hooks(model.net).diffusers_config().items():
            if key[0] != "_" and saved[key] != value:
                raise RuntimeError(f"its {key} is {saved[key]}, not {value}")
        model.net.load_state_dict(load_tensors(Path(folder) / WEIGHTS))
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise InputError(f"{folder}: expected a model of this version, but {error}") from None
    return model.eval().requires_grad_(False)
