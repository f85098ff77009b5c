"""What we export, diffusers itself samples from: the same images as ours for the same noise."""

import pytest
import torch
from diffusers import DDIMPipeline, DiffusionPipeline
from torch.nn.functional import pixel_shuffle

from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.schedule import times
from scorefield.interop.export import export
from scorefield.interop.pipelines import from_diffusers
from scorefield.pipeline.files import build, save_model
from scorefield.samplers.ddim import ddim


def saved(fold: int, predict: str, schedule: str, draws: bool = False) -> Model:
    torch.manual_seed(0)
    numbers = {"size": "small", "small": [16, 32], "classic": [], "layers": 1}
    numbers |= {"attention": False, "fold": fold, "precision": "float32"}
    shapes = {"train": [9, 1, 16, 16]} | ({"xi": [9, 1, 16, 16]} if draws else {})
    config = {"net": "unet", "numbers": numbers, "shapes": shapes, "schedule": schedule}
    config |= {"predict": predict, "objective": "ddpm"}
    model = build(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.03 * torch.randn_like(parameter))
    save_model("models/mine", config, model)
    return model


@pytest.mark.parametrize(
    "fold, predict, schedule",
    [(2, "v", "cosine"), (1, "v", "cosine"), (1, "x0", "ddpm"), (2, "eps", "ddpm")],
)
def test_diffusers_draws_our_images_from_our_noise(fold, predict, schedule, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = saved(fold, predict, schedule)
    load = export("mine", "exports/mine")
    pipeline = eval(load, {"DDIMPipeline": DDIMPipeline, "DiffusionPipeline": DiffusionPipeline})
    pipeline.set_progress_bar_config(disable=True)
    source = torch.Generator().manual_seed(3)
    theirs = pipeline(4, source, num_inference_steps=20, output_type="np").images
    side = [4, fold**2, 16 // fold, 16 // fold]
    x = pixel_shuffle(torch.randn(side, generator=torch.Generator().manual_seed(3)), fold)
    *_, x = ddim(model, x, times(20))
    ours = (x.clamp(-1, 1) + 1) / 2
    assert theirs.shape == (4, 16, 16, 1) and theirs.std() > 0.01
    torch.testing.assert_close(
        torch.from_numpy(theirs).permute(0, 3, 1, 2), ours, atol=2e-4, rtol=0
    )


@pytest.mark.parametrize("fold, predict, schedule", [(2, "v", "cosine"), (1, "eps", "ddpm")])
def test_what_we_export_comes_back_as_the_same_model(
    fold, predict, schedule, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    model, x = saved(fold, predict, schedule), torch.randn(2, 1, 16, 16)
    export("mine", "exports/mine")
    again = from_diffusers("exports/mine")
    assert again.shape == model.shape
    torch.testing.assert_close(again(x, 0.4), model(x, 0.4), rtol=1e-4, atol=1e-4)


def test_our_pipeline_saved_again_by_diffusers_is_the_same_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, x = saved(2, "v", "cosine"), torch.randn(2, 1, 16, 16)
    export("mine", "exports/mine")
    theirs = DiffusionPipeline.from_pretrained("exports/mine", trust_remote_code=True)
    theirs.save_pretrained("again")
    for source in ("again", theirs):
        found = from_diffusers(source)(x, 0.4)
        torch.testing.assert_close(found, model(x, 0.4), rtol=1e-4, atol=1e-4)


def test_a_folded_pipeline_survives_being_saved_again_by_diffusers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved(2, "v", "cosine")
    export("mine", "exports/mine")
    remote = {"trust_remote_code": True}
    DiffusionPipeline.from_pretrained("exports/mine", **remote).save_pretrained("again")
    drawn = []
    for folder in ("exports/mine", "again"):
        pipeline = DiffusionPipeline.from_pretrained(folder, **remote)
        pipeline.set_progress_bar_config(disable=True)
        source = torch.Generator().manual_seed(3)
        drawn.append(pipeline(2, source, num_inference_steps=3, output_type="np").images)
    assert drawn[0].shape == (2, 16, 16, 1) and (drawn[0] == drawn[1]).all()


def test_a_transformer_goes_out_comes_back_and_is_drawn_from_by_diffusers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    numbers = {
        "width": 16,
        "depth": 1,
        "heads": 2,
        "patch": 4,
        "classes": 3,
        "precision": "float32",
    }
    config = {"net": "dit", "numbers": numbers, "shapes": {"train": [9, 1, 16, 16]}}
    config |= {"schedule": "cosine", "predict": "v", "objective": "ddpm"}
    model = build(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.05 * torch.randn_like(parameter))
    save_model("models/mine", config, model)
    export("mine", "exports/mine")
    theirs = DDIMPipeline.from_pretrained("exports/mine")
    theirs.save_pretrained("again")
    x = torch.randn(2, 1, 16, 16)
    for source in ("exports/mine", "again", theirs):
        found = from_diffusers(source)
        torch.testing.assert_close(found(x, 0.4), model(x, 0.4), rtol=1e-3, atol=1e-4)
    theirs.set_progress_bar_config(disable=True)
    source = torch.Generator().manual_seed(3)
    images = theirs(4, source, num_inference_steps=10, output_type="np").images
    start = torch.randn(4, 1, 16, 16, generator=torch.Generator().manual_seed(3))
    *_, ours = ddim(model, start, times(10))
    expected = (ours.clamp(-1, 1) + 1) / 2
    found = torch.from_numpy(images).permute(0, 3, 1, 2)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


def test_a_model_that_draws_is_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved(2, "v", "cosine", draws=True)
    with pytest.raises(InputError, match="only a U-Net or transformer that predicts the mean"):
        export("mine", "exports/mine")
