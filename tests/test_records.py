"""Records of a study, and datasets by kind."""

from dataclasses import dataclass

import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from scorefield.core.datasets import Images, Layouts, Points, dataset_of, load_dataset
from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.core.files import save_tensors
from scorefield.core.points import isotropic, points
from scorefield.core.records import load_records, save_records
from scorefield.data.layouts import layouts
from scorefield.data.pairs import pairs


@dataclass(frozen=True)
class Inner:
    x: Tensor
    title: str


@dataclass(frozen=True)
class Cell:
    way: str
    scale: float
    nfe: int
    samples: Tensor
    scores: dict[str, Tensor]
    y: Tensor | None = None
    inner: Inner | None = None
    again: Inner | None = None


@dataclass(frozen=True)
class Other:
    way: str


def cells() -> list[Cell]:
    """Names with every separator, a shared tensor, views, odd types and sizes."""
    x = torch.randn(4, 3)
    scores = {"a/b": x[:2], "a.b": x.T, "": torch.tensor(3), "0.samples": torch.zeros(0, 2)}
    return [
        Cell("class 3 > class 8|a/b.c", 0.1, 7, x, scores, x, Inner(x.double(), "ü"), Inner(x, "")),
        Cell("", float("inf"), 0, torch.tensor([True, False]), {}),
    ]


def assert_equal(found: object, expected: object) -> None:
    """The same types, and the same tensors to the bit."""
    assert type(found) is type(expected)
    if isinstance(expected, Tensor):
        assert found.dtype == expected.dtype and torch.equal(found, expected)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_equal(found[key], expected[key])
    elif isinstance(expected, Cell | Inner):
        assert_equal(vars(found), vars(expected))
    else:
        assert found == expected


def test_records_come_back_with_every_field_of_the_same_type_and_value(tmp_path):
    save_records(tmp_path / "x.safetensors", cells())
    found = load_records(tmp_path / "x.safetensors", Cell)
    torch.manual_seed(0)
    assert len(found) == 2
    for one, expected in zip(found, cells(), strict=True):
        assert_equal(one, expected)


def test_equal_records_are_equal_bytes(tmp_path):
    for name in ("a", "b"):
        torch.manual_seed(0)
        save_records(tmp_path / name, cells())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_names_of_tensors_say_only_record_and_field(tmp_path):
    save_records(tmp_path / "x", cells()[1:])
    with safe_open(tmp_path / "x", framework="pt") as file:
        assert list(file.keys()) == ["0.samples"]


def test_records_of_another_class_are_refused(tmp_path):
    save_records(tmp_path / "x", [Other("a")])
    with pytest.raises(InputError, match="expected records of Cell, found Other"):
        load_records(tmp_path / "x", Cell)


def test_a_file_without_records_is_refused(tmp_path):
    save_tensors(tmp_path / "x", {"samples": torch.zeros(2)})
    with pytest.raises(InputError, match="expected records of Cell, found none"):
        load_records(tmp_path / "x", Cell)
    with pytest.raises(InputError, match="not found"):
        load_records(tmp_path / "y", Cell)


def test_records_of_another_version_of_their_class_are_refused(tmp_path):
    @dataclass(frozen=True)
    class Cell:
        way: str

    save_records(tmp_path / "x", [Cell("a")])
    with pytest.raises(InputError, match="of this version"):
        load_records(tmp_path / "x", globals()["Cell"])


def test_the_kind_of_a_dataset_is_read_off_its_tensors():
    law = isotropic(torch.ones(2), torch.tensor([[3.0, 3.0], [-3.0, 3.0]]), 0.5)
    plane = dataset_of(points(law, torch.arange(2), 8, 4, 4, 0))
    assert isinstance(plane, Points) and plane.joint is None and plane.test_pair is None
    assert torch.equal(plane.law.mean, law.mean) and plane.mode.tolist() == [0, 1]
    many = dataset_of(layouts(random=1, rare=0.01, train=8, validation=4, test=4, seed=0))
    assert isinstance(many, Layouts) and many.train.shape == (8, 21, 2)
    with pytest.raises(InputError, match="expected images with labels, or points"):
        dataset_of({"train": torch.zeros(8, 2)})


def test_the_law_of_x_is_the_margin_of_the_joint_law_of_pairs():
    found = dataset_of(pairs(correlation=0.5, swap=False, train=8, validation=4, test=4, seed=0))
    joint = found.joint
    assert isinstance(joint, Mixture) and found.test_pair.shape == found.test.shape
    torch.testing.assert_close(found.law.mean, joint.mean[:, :2])
    torch.testing.assert_close(found.law.cov, joint.cov[:, :2, :2])


def test_the_law_of_a_member_has_its_special_mode_first():
    found = dataset_of(layouts(random=1, rare=0.01, train=8, validation=4, test=4, seed=0))
    for member, regime in enumerate(found.regime.tolist()):
        law, size = found.law(member), int(found.size[member])
        share = {0: 0.0, 1: 0.01, 2: 1 / size}[regime]
        assert law.weight[0].item() == pytest.approx(share, abs=1e-12)
        torch.testing.assert_close(law.mean, found.mean[member])
        variance = law.cov[:size].diagonal(dim1=1, dim2=2)
        torch.testing.assert_close(variance, found.std[member].square().expand_as(variance))


def images(rare: int) -> dict[str, Tensor]:
    def labels(rare: int) -> Tensor:
        return torch.tensor([0] * 10 + [1] * rare)

    return {
        "train": torch.zeros(10 + rare, 1, 2, 2, dtype=torch.uint8),
        "train_labels": labels(rare),
        "test": torch.zeros(20, 1, 2, 2, dtype=torch.uint8),
        "test_labels": labels(10),
    }


@pytest.mark.parametrize("rare, special", [(0, 1), (4, 1), (5, None), (10, None)])
def test_a_class_is_special_below_half_of_the_largest(rare, special):
    found = dataset_of(images(rare))
    assert isinstance(found, Images) and found.classes == 2 and found.special_class == special


def test_images_are_floats_from_minus_one_to_one_or_as_they_are_stored(tmp_path, monkeypatch):
    stored = images(3)
    stored["train"][0] = 255
    save_tensors(tmp_path / "data/x.safetensors", stored)
    monkeypatch.chdir(tmp_path)
    found = load_dataset("x").train
    assert (found[0] == 1).all() and (found[1:] == -1).all()
    assert load_dataset("x", as_bytes=True).train.dtype == torch.uint8
    with pytest.raises(InputError, match=r"data/y\.safetensors: not found"):
        load_dataset("y")
