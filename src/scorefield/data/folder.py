"""Images of the user: a folder or a zip file of class folders."""

import os
import zipfile
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from tqdm import tqdm

from scorefield.core.bounds import Count, Natural, Seed
from scorefield.core.errors import InputError
from scorefield.data._splits import dataset, stratified

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff"}


def folder(
    *,
    path: str = "",
    size: Count = 32,
    channels: Literal[1, 3] = 3,
    limit: Natural = 0,
    test: Count = 1000,
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
        kept, taken = stratified(labels, test // len(labels.unique()), seed)
        train, held = (every[kept], labels[kept]), (every[taken], labels[taken])
    return dataset(train, held, validation, seed)


def opened(path: str) -> Path | zipfile.Path:
    """A folder or the root of a zip file. Raises InputError for anything else."""
    place = Path(os.environ.get("DVC_ROOT", "."), path)
    if place.is_dir():
        return place
    try:
        return zipfile.Path(zipfile.ZipFile(place))
    except FileNotFoundError:
        raise InputError(f"{place}: not found; expected a folder or zip of class folders") from None
    except zipfile.BadZipFile as error:
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
    pixels = [pixels_of(file, size, channels) for file, _ in tqdm(files, "images", leave=False)]
    return torch.stack(pixels), torch.tensor([label for _, label in files])


def pixels_of(file: Path | zipfile.Path, size: int, channels: int) -> Tensor:
    """One image, bytes (channels, size, size). Raises InputError where it cannot be read."""
    try:
        with file.open("rb") as stream:
            image = Image.open(stream).convert("RGB" if channels == 3 else "L")
    except (UnidentifiedImageError, OSError, zipfile.BadZipFile, SyntaxError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{file}: expected a whole image file, but {reason}") from None
    array = np.asarray(ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS))
    return torch.from_numpy(array.copy()).view(size, size, channels).permute(2, 0, 1)
