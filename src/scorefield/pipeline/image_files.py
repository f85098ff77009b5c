"""Images of the user, from files and zips."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.pipeline.files import regular, to_unit

UNREADABLE = (  # what Pillow and zipfile raise for files that are damaged, too large or encrypted
    *(UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError),
    *(zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError),
)


def read_image(file: str | Path | zipfile.Path, mode: str) -> Image.Image:
    """An image file in a mode of Pillow, L or RGB. Raises InputError for what is no whole image of
    at most 2^27 pixels or so."""
    place = file if isinstance(file, zipfile.Path) else regular(file)
    try:
        with place.open("rb") as stream, Image.open(stream) as image:
            return image.convert(mode)
    except UNREADABLE as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(f"{file}: expected a whole image file, but {reason}") from None


def square(file: str | Path | zipfile.Path, size: int, channels: int) -> Tensor:
    """The central square of an image, bytes (channels, size, size)."""
    image = read_image(file, "RGB" if channels == 3 else "L")
    array = np.asarray(ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS))
    return torch.from_numpy(array.copy()).view(size, size, channels).permute(2, 0, 1)


def load_image(path: str, shape: torch.Size) -> Tensor:
    """An image file as floats in [-1, 1], brought to the shape (C, H, W). Raises InputError for
    what is no image."""
    from torchvision.transforms.functional import pil_to_tensor

    if len(shape) != 3:
        raise InputError(f"'{path}': an image file where the data are points")
    image = read_image(path, "L" if shape[0] == 1 else "RGB")
    return to_unit(pil_to_tensor(image.resize((shape[2], shape[1]))))
