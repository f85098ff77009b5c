"""A file of samples that others send is checked before it is used."""

import math

import pytest
import torch
from safetensors.torch import save_file

from scorefield.core.errors import InputError
from scorefield.guidance.submitted_samples import checked, condition


def write(path, samples):
    save_file({"samples": samples}, path)
    return path


@pytest.mark.parametrize(
    "samples, told",
    [
        (torch.zeros(4, 1, 2, 2), "expected 5 samples, found 4"),
        (torch.zeros(5, 1, 3, 2), r"expected samples of size \[1, 2, 2\], found \[1, 3, 2\]"),
        (torch.full((5, 1, 2, 2), math.nan), "5 samples are not finite"),
        (torch.full((5, 1, 2, 2), 255.0), r"expected values in \[-1, 1\], found 255 to 255"),
    ],
    ids=str,
)
def test_broken_samples_are_refused_in_one_line(samples, told, tmp_path):
    with pytest.raises(InputError, match=told) as caught:
        checked(write(tmp_path / "samples.safetensors", samples), (1, 2, 2), 5)
    assert "\n" not in str(caught.value)


def test_a_pickle_is_refused_unread(tmp_path):
    torch.save({"samples": torch.zeros(5, 1, 2, 2)}, tmp_path / "samples.safetensors")
    with pytest.raises(InputError, match="expected a safetensors file"):
        checked(tmp_path / "samples.safetensors", (1, 2, 2), 5)


def test_a_file_that_changed_after_it_was_entered_is_refused(tmp_path):
    path = write(tmp_path / "samples.safetensors", torch.zeros(5, 1, 2, 2))
    with pytest.raises(InputError, match="changed since it was entered"):
        condition({"test": torch.zeros(1, 1, 2, 2)}, 5, file=str(path), sha256="0" * 64)
