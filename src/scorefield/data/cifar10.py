"""CIFAR-10 (Krizhevsky 2009), in its binary version; the Python version is pickled."""

import os
from pathlib import Path

import torch
from torch import Tensor

from scorefield.core.bounds import Count, Seed
from scorefield.core.errors import InputError
from scorefield.data._splits import dataset
from scorefield.pipeline.files import content, regular

KIND, SHAPE, CLASSES, TRAIN = "images", (3, 32, 32), 10, 50_000
URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
RECORD, IMAGES = 3073, 10_000


def cifar10(*, folder: str = "", validation: Count = 2000, seed: Seed = 0) -> dict[str, Tensor]:
    """Bytes (N, 3, 32, 32) with labels; 50,000 for training, 10,000 for test.

    `folder` holds the unpacked .bin files; if it is empty, torchvision downloads them and checks
    their hash. Raises InputError for missing files and for files of another size.
    """
    place = Path(folder) if folder else fetched()
    parts = [records(place / f"data_batch_{i}.bin") for i in range(1, 6)]
    images, labels = (torch.cat(column) for column in zip(*parts, strict=True))
    return dataset((images, labels), records(place / "test_batch.bin"), validation, seed)


def fetched() -> Path:
    """The folder of the downloaded files. Raises InputError where the download fails."""
    from torchvision.datasets.utils import download_and_extract_archive

    root = Path(os.environ.get("DVC_ROOT", "."), ".scratch", "download")
    try:
        download_and_extract_archive(URL, str(root), md5=MD5)
    except (RuntimeError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{URL}: CIFAR-10 cannot be downloaded ({reason})") from None
    return root / "cifar-10-batches-bin"


def records(path: Path) -> tuple[Tensor, Tensor]:
    """Images and labels of one file; a record is one byte of label and 3,072 of image."""
    if not path.exists():
        raise InputError(f"{path}: not found; expected CIFAR-10's binary version")
    if regular(path).stat().st_size != RECORD * IMAGES:
        raise InputError(
            f"{path}: expected {IMAGES:,} records of {RECORD:,} bytes, "
            f"found {path.stat().st_size:,} bytes in all"
        )
    table = torch.frombuffer(bytearray(content(path)), dtype=torch.uint8).view(IMAGES, RECORD)
    return table[:, 1:].reshape(-1, 3, 32, 32), table[:, 0].long()
