"""Files of models, samples and datasets: written whole, read as they are, or refused in one line."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import UNet2DModel
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from scorefield.core.errors import InputError
from scorefield.pipeline.files import (
    build,
    load_bytes,
    load_dataset,
    load_model,
    load_tensors,
    save_model,
    save_tensors,
    write,
)
from tests.helpers.images import black_images
from tests.helpers.networks import UNET, config


def test_images_are_floats_from_minus_one_to_one_or_as_they_are_stored(tmp_path, monkeypatch):
    stored = black_images(3)
    stored["train"][0] = 255
    save_tensors(tmp_path / "data/x.safetensors", stored)
    monkeypatch.chdir(tmp_path)
    found = load_dataset("x").train
    assert (found[0] == 1).all() and (found[1:] == -1).all()
    assert load_dataset("x", as_bytes=True).train.dtype == torch.uint8
    with pytest.raises(InputError, match=r"data/y\.safetensors: not found"):
        load_dataset("y")


@torch.no_grad()
def test_image_checkpoints_load_with_diffusers_own_loader(tmp_path):
    model = build(config(**UNET))
    save_model(tmp_path, config(**UNET), model)
    theirs, x = UNet2DModel.from_pretrained(tmp_path), torch.randn(3, 1, 28, 28)
    out = theirs(pixel_unshuffle(x, 2), torch.tensor(499)).sample
    torch.testing.assert_close(model.net(x, torch.tensor(0.5)), pixel_shuffle(out, 2))


@torch.no_grad()
def test_a_saved_model_is_the_same_denoiser(tmp_path):
    model, x, t = build(config(**UNET)), torch.randn(3, 1, 28, 28), torch.tensor(0.3)
    save_model(tmp_path, config(**UNET), model)
    assert torch.equal(load_model(tmp_path)(x, t), model.eval()(x, t))


def test_bad_model_files_are_told_in_one_line(tmp_path):
    save_model(tmp_path, config(**UNET), build(config(**UNET)))
    file = tmp_path / "diffusion_pytorch_model.safetensors"
    whole = file.read_bytes()
    write(file, whole[: len(whole) // 2])
    with pytest.raises(InputError, match="expected a safetensors file") as caught:
        load_model(tmp_path)
    assert "\n" not in str(caught.value) and str(file) in str(caught.value)
    file.unlink()
    with pytest.raises(InputError, match="not found"):
        load_model(tmp_path)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    save_tensors(tmp_path / "x.safetensors", {"x": torch.arange(3)})
    with pytest.raises(TypeError):
        write(tmp_path / "x.safetensors", "no bytes")
    assert load_tensors(tmp_path / "x.safetensors")["x"].tolist() == [0, 1, 2]


def test_scored_images_are_the_bytes_of_image_files_and_leave_nothing_mapped(tmp_path):
    file, images = tmp_path / "x.safetensors", torch.randn(1500, 1, 2, 3)
    save_tensors(file, {"samples": images, "frames": images.view(3, 500, 1, 2, 3).clone()})
    found = load_bytes(file)
    expected = np.rint(255 * (np.clip(images.numpy(), -1, 1) + 1) / 2)
    assert np.array_equal(found["samples"], expected)
    assert torch.equal(found["frames"].flatten(0, 1), images)
    maps = Path("/proc/self/maps")
    assert not maps.exists() or str(file) not in maps.read_text()
    images[1200, 0, 1, 1] = torch.nan
    save_tensors(file, {"samples": images})
    with pytest.raises(InputError, match="expected finite values"):
        load_bytes(file)


def test_a_model_with_other_groups_of_normalisation_is_refused_in_one_line(tmp_path):
    numbers = UNET | {"small": [32, 64]}
    model = build(config(**numbers))
    save_model(tmp_path, config(**numbers), model)
    file = tmp_path / "config.json"
    file.write_text(file.read_text().replace('"norm_num_groups": 2', '"norm_num_groups": 8'))
    with pytest.raises(InputError, match="its norm_num_groups is 8, not 2") as caught:
        load_model(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "levels, groups, last", [((16, 32), 1, True), ((48, 96), 3, True), ((8, 16), 1, False)]
)
def test_channels_come_last_where_at_least_16_are_normalised_together(levels, groups, last):
    net = build(config(**UNET | {"small": list(levels)})).net
    assert net.config.norm_num_groups == groups
    assert (net.layout == torch.channels_last) == last
