"""Images are read from folders, zips and the files of MNIST and CIFAR-10."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from scorefield.core.errors import InputError
from scorefield.data.cifar10 import RECORD, records
from scorefield.data.folder import folder
from scorefield.data.mnist import MD5, mnist

SHARED = Path(__file__).parents[3] / "shared" / "data"


needs_mnist = pytest.mark.skipif(
    not (SHARED / "mnist").exists(), reason="the full MNIST is not here"
)


@needs_mnist
def test_the_full_mnist_is_read_from_a_folder():
    made = mnist(origin="folder", folder=str(SHARED / "mnist"), validation=5000)
    assert len(made["train"]) == 55_000 and len(made["test"]) == 10_000
    assert made["test_labels"].bincount().tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009
    ]  # fmt: skip


@needs_mnist
def test_no_image_for_training_equals_an_embedded_test_image():
    made = mnist(origin="folder", folder=str(SHARED / "mnist"), test="embedded")
    used = torch.cat([made["train"], made["validation"]])
    known = {image.numpy().tobytes() for image in mnist()["test"]}
    assert torch.equal(made["test"], mnist()["test"])
    assert not known & {image.numpy().tobytes() for image in used}
    assert len(used) == 60_000 - 1_000


def test_bad_mnist_files_are_told_in_one_line(tmp_path):
    cases = {"missing": None, "whole gzip": b"\x1f\x8b\x08\x00cut", "MD5": gzip.compress(b"other")}
    for said, content in cases.items():
        if content is not None:
            (tmp_path / f"{next(iter(MD5))}.gz").write_bytes(content)
        said = "not found" if said == "missing" else said
        with pytest.raises(InputError, match=said) as caught:
            mnist(origin="folder", folder=str(tmp_path))
        assert "\n" not in str(caught.value) and "train-images" in str(caught.value)


OWN = {"size": 16, "channels": 3, "limit": 0, "test": 4, "validation": 2, "seed": 0}


def own_images(root: Path):
    for label, name in enumerate(("cat", "dog")):
        (root / name).mkdir(parents=True)
        for i in range(10):
            array = np.full((20, 24, 3), 100 * label + i, dtype=np.uint8)
            Image.fromarray(array).save(root / name / f"{i}.png")


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_and_a_zip_of_class_folders_give_the_same_images(tmp_path, packed):
    own_images(tmp_path / "pets")
    path = tmp_path / "pets"
    if packed:
        path = tmp_path / "pets.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted((tmp_path / "pets").rglob("*.png")):
                archive.write(file, file.relative_to(tmp_path / "pets"))
    made = folder(path=str(path), **OWN)
    assert [len(made[s]) for s in ("train", "validation", "test")] == [14, 2, 4]
    for split in ("train", "validation", "test"):
        expected = made[f"{split}_labels"] * 100
        shade = made[split].long().flatten(1)
        assert ((shade - expected[:, None] >= 0) & (shade - expected[:, None] < 10)).all()


def test_bad_images_are_told_in_one_line(tmp_path):
    with pytest.raises(InputError, match="not found"):
        folder(path=str(tmp_path / "nowhere"), **OWN)
    own_images(tmp_path / "pets")
    whole = (tmp_path / "pets/cat/3.png").read_bytes()
    for content in (b"no image", whole[: len(whole) // 2]):
        (tmp_path / "pets/cat/3.png").write_bytes(content)
        with pytest.raises(InputError, match=r"3\.png: expected a whole image"):
            folder(path=str(tmp_path / "pets"), **OWN)
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match=r"cut\.zip: expected a whole zip"):
        folder(path=str(tmp_path / "cut.zip"), **OWN)


@pytest.mark.skipif(not (SHARED / "cifar10-jpeg.zip").exists(), reason="no real photographs here")
def test_real_photographs_are_read_from_a_zip():
    made = folder(
        path=str(SHARED / "cifar10-jpeg.zip"), **(OWN | {"size": 32, "limit": 20, "validation": 20})
    )
    assert made["train"].shape == (180, 3, 32, 32) and len(made["test"]) == 200
    assert 40 < made["train"].float().std() < 80


def test_cifar_records_are_label_then_planes(tmp_path):
    path = tmp_path / "test_batch.bin"
    table = np.zeros((10_000, RECORD), dtype=np.uint8)
    table[5, 0], table[5, 1 + 1024] = 7, 255
    path.write_bytes(table.tobytes())
    images, labels = records(path)
    assert labels[5] == 7 and images[5, 1, 0, 0] == 255 and images.sum() == 255
    path.write_bytes(table.tobytes()[:-1])
    with pytest.raises(InputError, match="10,000 records"):
        records(path)
