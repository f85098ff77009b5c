"""Images of the user: a folder or a zip file of class folders."""

import os
import zipfile
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from tqdm import tqdm

from scorefield.core.bounds import Count, Enough, Natural, Seed, Size
from scorefield.core.errors import InputError
from scorefield.data._splits import dataset, held_out, stratified
from scorefield.pipeline.files import regular
from scorefield.pipeline.image_files import square

KIND = "images"
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff"}


def folder(
    *,
    path: str = "",
    size: Size = 32,
    channels: Literal[1, 3] = 3,
    limit: Natural = 0,
    test: Enough = 1000,
    validation: Count = 500,
    seed: Seed = 0,
) -> dict[str, Tensor]:
    """Bytes (N, channels, size, size), cropped to the central square; labels in the order of names.

    The folders are train/<class>/ and test/<class>/; or <class>/ alone, from which `test` images
    are held out. `limit` is the maximal number of images for a class and split, 0 for all. Raises
    InputError for a file that does not exist, is not an image or is truncated.
    """
    root = opened(path)
    if (root / "train").is_dir() and (root / "test").is_dir():
        train, held = (images(root / part, size, channels, limit) for part in ("train", "test"))
    else:
        every, labels = images(root, size, channels, limit)
        kept, taken = stratified(labels, held_out(labels, test, "test"), seed)
        train, held = (every[kept], labels[kept]), (every[taken], labels[taken])
    return dataset(train, held, validation, seed)


def opened(path: str) -> Path | zipfile.Path:
    """A folder or the root of a zip file. Raises InputError for anything else."""
    if not path:
        raise InputError("folder.path: expected a folder or zip of class folders, found nothing")
    place = Path(os.environ.get("DVC_ROOT", "."), path)
    if place.is_dir():
        return place
    if not place.exists():
        raise InputError(f"{place}: not found; expected a folder or zip of class folders")
    try:
        return zipfile.Path(zipfile.ZipFile(regular(place)))
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"{place}: expected a whole zip file, but {error}") from None


def images(
    root: Path | zipfile.Path, size: int, channels: int, limit: int
) -> tuple[Tensor, Tensor]:
    """Images of all class folders, and their labels. Raises InputError where there are none."""
    classes = sorted((item for item in root.iterdir() if item.is_dir()), key=lambda p: p.name)
    files = []
    for label, item in enumerate(classes):
        inside = sorted(f.name for f in item.iterdir() if Path(f.name).suffix.lower() in SUFFIXES)
        files += [(item / name, label) for name in inside[: limit or None]]
    if not files:
        raise InputError(f"{root}: expected class folders of images, found none")
    pixels = [square(file, size, channels) for file, _ in tqdm(files, "images", leave=False)]
    return torch.stack(pixels), torch.tensor([label for _, label in files])
