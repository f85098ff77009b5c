"""Networks that others trained, as diffusers stores them."""

import shutil
import sys

import pytest
import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

from scorefield.core.errors import InputError
from scorefield.core.files import build, load_model, save_model
from scorefield.maps.trace import trace
from tests.test_pipeline import copied, edit, run

T = torch.tensor(0.5)


@pytest.fixture
def pipeline(tmp_path):
    blocks = {"down_block_types": ("DownBlock2D",) * 2, "up_block_types": ("UpBlock2D",) * 2}
    unet = UNet2DModel(28, 1, 1, block_out_channels=(16, 32), norm_num_groups=8, **blocks)
    DDPMPipeline(unet, DDPMScheduler()).save_pretrained(tmp_path / "theirs")
    return tmp_path / "theirs", unet


def config(name, schedule="ddpm", channels=1):
    shapes = {"train": [10, channels, 28, 28]}
    given = {"net": "pretrained", "numbers": {"name": str(name)}, "predict": "v"}
    return given | {"shapes": shapes, "schedule": schedule}


def test_the_noise_it_predicts_is_that_of_diffusers_at_its_own_timestep(pipeline, monkeypatch):
    monkeypatch.setattr("scorefield.core.hardware.bfloat16_pays", lambda device: False)
    folder, unet = pipeline
    model, x = build(config(folder)), torch.randn(2, 1, 28, 28)
    table = DDPMScheduler().alphas_cumprod[499]
    with torch.no_grad():
        due = (x - (1 - table).sqrt() * unet(x, 499).sample) / table.sqrt()
        torch.testing.assert_close(model(x, T), due, rtol=1e-4, atol=1e-4)


def test_what_is_stored_needs_the_pipeline_no_more(pipeline, tmp_path):
    folder, _ = pipeline
    model, x = build(config(folder)), torch.randn(2, 1, 28, 28)
    save_model(tmp_path / "ours", config(folder), model)
    shutil.rmtree(folder)
    again = load_model(tmp_path / "ours")
    with torch.no_grad():
        assert torch.equal(again(x, T), model(x, T))
    found = trace(again, again.schedule, x, T, torch.randn_like, probes=1, step=0.05)
    assert found.shape == (2,) and found.isfinite().all()


def test_what_does_not_fit_is_told_in_one_line(pipeline, monkeypatch):
    folder, _ = pipeline
    with pytest.raises(InputError, match="other noise levels"):
        build(config(folder, schedule="cosine"))
    with pytest.raises(InputError, match="1 channels, the data's have 3"):
        build(config(folder, channels=3))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(
        InputError, match=r"'nobody/nothing' is no folder .* the Hub did not give it"
    ) as e:
        build(config("nobody/nothing"))
    assert "\n" not in str(e.value)


def test_a_folder_becomes_a_model_of_the_pipeline(pipeline, tmp_path):
    folder, _ = pipeline
    project = copied(tmp_path / "project")
    entry = {"data": "digits", "net": "pretrained", "objective": "ddpm", "schedule": "ddpm"}
    theirs = entry | {"seed": 0, "pretrained": {"name": str(folder)}}
    edit(project, lambda p: p["models"].update(theirs=theirs))
    steered = {"model": "theirs", "helper": "theirs", "judge": "theirs", "n": 4, "seed": 1}
    more = {"data": "digits", "guidance": "ibg", "sampler": "ddim", "ibg": {"probes": 1}}
    edit(project, lambda p: p["runs"].update(steered=steered | more))
    run(project, "dvc", "repro", "train@theirs")
    run(project, "dvc", "repro", "sample@steered")
    assert (project / "samples/steered.safetensors").exists()
    run(project, sys.executable, "stages/summary.py", "theirs")
