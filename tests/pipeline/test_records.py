"""Records of a study, and datasets by kind."""

from dataclasses import dataclass

import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.pipeline.files import save_tensors
from scorefield.pipeline.records import load_records, save_records


@dataclass(frozen=True)
class Inner:
    x: Tensor
    title: str


@dataclass(frozen=True)
class Cell:
    variant: str
    scale: float
    nfe: int
    samples: Tensor
    scores: dict[str, Tensor]
    y: Tensor | None = None
    inner: Inner | None = None
    again: Inner | None = None


@dataclass(frozen=True)
class Other:
    variant: str


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
        variant: str

    save_records(tmp_path / "x", [Cell("a")])
    with pytest.raises(InputError, match="of this version"):
        load_records(tmp_path / "x", globals()["Cell"])
