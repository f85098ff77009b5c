from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import UNet2DModel
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from scorefield.core.errors import InputError
from scorefield.core.files import (
    build,
    load_bytes,
    load_model,
    load_tensors,
    save_model,
    save_tensors,
    write,
)
from scorefield.core.model import Model
from scorefield.core.schedule import cosine
from scorefield.lab.training import seed_step, train
from scorefield.metrics.evaluators import evaluator_of
from scorefield.nets.inception import Architecture, Inception
from scorefield.nets.mlp import MLP
from scorefield.objectives.ddpm import ddpm

UNET = {
    "size": "small", "small": [8, 16], "classic": [16], "layers": 1,
    "attention": True, "fold": 2, "precision": "float32",
}  # fmt: skip


def config(net="unet", **numbers):
    shapes = {"train": [1, 1, 28, 28]}
    given = {"net": net, "numbers": numbers, "shapes": shapes, "schedule": "cosine"}
    return given | {"predict": "v"}


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


@torch.no_grad()
def test_bfloat16_differs_from_float32_by_its_rounding_alone():
    seed_step(0, 0)
    model = build(config(**(UNET | {"small": [16, 32]})))
    x, t = torch.randn(8, 1, 28, 28), torch.tensor(0.5)
    exact = model(x, t)
    model.net.precision = "bfloat16"
    gap = (model(x, t) - exact).square().mean().sqrt() / exact.std()
    assert 1e-5 < gap < 0.02


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


def plane(steps, folder, **knobs):
    seed_step(0, -1)
    model = Model(MLP(2, 16, 1), cosine(), "v", [2])
    data = {"train": torch.randn(4096, 2), "validation": torch.randn(4096, 2)}
    given = {"batch": 32, "lr": 1e-3, "validations": 2} | knobs
    return model, list(train(model, ddpm, data, folder, 0, steps=steps, **given))


def test_a_diverging_training_is_told_in_one_line(tmp_path):
    with pytest.raises(InputError, match="diverged") as caught:
        plane(60, tmp_path, lr=1e30, clip=1e30, warmup=0)
    assert "\n" not in str(caught.value)


def test_the_average_with_no_memory_is_the_model_and_with_some_lags_behind(tmp_path):
    for ema, same in ((0.0, True), (0.9, False)):
        model, rows = plane(20, tmp_path, ema=ema)
        pairs = zip(rows[-1][0].average.parameters(), model.parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs) == same


def test_training_learns_a_gaussian_to_its_closed_form_loss(tmp_path):
    """For N(0, 1) data and the cosine schedule the best v-error is 1, that of predicting 0."""
    _, rows = plane(400, tmp_path, lr=3e-3, batch=256)
    assert rows[-1][1]["validation_loss"] == pytest.approx(1.0, abs=0.04)


@pytest.fixture(scope="module")
def random_inception(tmp_path_factory):
    """Inception's architecture with random weights: for the path, never for a number."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(Architecture().state_dict(), path)
    return path


def test_inception_evaluates_rgb_images_by_weights_from_a_file(random_inception):
    net = Inception(str(random_inception))
    net.begin({})
    evaluator = evaluator_of(Model(net.requires_grad_(False), cosine(), "x0", [3, 32, 32]))
    x = torch.rand(12, 3, 32, 32) * 2 - 1
    same, other = evaluator.distance(x, x)["fid"], evaluator.distance(-0.9 + 0 * x, x)["fid"]
    assert abs(same) < 1e-3 * other


def test_missing_inception_weights_are_told_in_one_line(tmp_path):
    with pytest.raises(InputError, match="not available") as caught:
        Inception(str(tmp_path / "none.pth")).begin({})
    assert "\n" not in str(caught.value)
