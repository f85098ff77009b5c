"""Networks that others trained, as diffusers stores them."""

import json
import shutil
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMPipeline,
    DDPMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    UNet2DModel,
)

from scorefield.core.errors import InputError
from scorefield.core.schedule import cosine
from scorefield.instability.trace import trace
from scorefield.interop.export import scheduler
from scorefield.interop.pipelines import from_diffusers
from scorefield.pipeline.files import build, load_model, save_model
from tests.helpers.project import copied, edit, run

T = 0.5


def unet(size=28, channels=1, out=None, **more) -> UNet2DModel:
    torch.manual_seed(0)
    blocks = {"down_block_types": ("DownBlock2D",) * 2, "up_block_types": ("UpBlock2D",) * 2}
    wide = {"block_out_channels": (16, 32), "norm_num_groups": 8, "layers_per_block": 1}
    return UNet2DModel(size, channels, out or channels, **blocks, **wide, **more)


def saved(folder: Path, net=None, noise=None) -> Path:
    DDPMPipeline(net or unet(), noise or DDPMScheduler()).save_pretrained(folder)
    return folder


@pytest.fixture
def pipeline(tmp_path, monkeypatch):
    monkeypatch.setattr("scorefield.core.hardware.bfloat16_pays", lambda device: False)
    net = unet()
    return saved(tmp_path / "theirs", net), net


def config(name, schedule="ddpm", channels=1, side=28):
    shapes = {"train": [10, channels, side, side]}
    given = {"net": "pretrained", "numbers": {"name": str(name)}, "predict": "v"}
    return given | {"shapes": shapes, "schedule": schedule}


@pytest.mark.parametrize("read", [from_diffusers, lambda folder: build(config(folder)).eval()])
def test_the_noise_it_predicts_is_that_of_diffusers_at_its_own_timestep(pipeline, read):
    folder, net = pipeline
    model, x = read(folder), torch.randn(2, 1, 28, 28)
    table = DDPMScheduler().alphas_cumprod[499]
    with torch.no_grad():
        expected = (x - (1 - table).sqrt() * net(x, 499).sample) / table.sqrt()
        torch.testing.assert_close(model(x, T), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind, predict", [("sample", "x0"), ("v_prediction", "v")])
def test_it_reads_what_the_network_predicts(kind, predict, tmp_path):
    net = unet()
    folder = saved(tmp_path / "theirs", net, DDIMScheduler(prediction_type=kind))
    model, x = from_diffusers(folder), torch.randn(2, 1, 28, 28)
    alpha2 = DDPMScheduler().alphas_cumprod[499]
    with torch.no_grad():
        out = net(x, 499).sample
        expected = out if predict == "x0" else alpha2.sqrt() * x - (1 - alpha2).sqrt() * out
        torch.testing.assert_close(model(x, T), expected, rtol=1e-4, atol=1e-4)


def test_a_pipeline_and_its_folder_give_one_frozen_model_in_float32(pipeline, tmp_path):
    folder, net = pipeline
    x = torch.randn(2, 1, 28, 28)
    half = saved(tmp_path / "half", unet().half())
    models = [from_diffusers(each) for each in (folder, DDPMPipeline(net, DDPMScheduler()))]
    with pytest.warns(UserWarning, match="weights in F16, read as float32"):
        models.append(from_diffusers(half))
    outs = [model(x, T) for model in models]
    assert torch.equal(outs[0], outs[1])
    torch.testing.assert_close(outs[2], outs[0], atol=2e-2, rtol=2e-2)
    for model in models:
        assert model.shape == (1, 28, 28) and not model.draws and not model.training
        assert all(p.dtype == torch.float32 and not p.requires_grad for p in model.parameters())


def test_images_need_not_be_square_and_other_samplers_share_the_noise_levels(tmp_path):
    folder = saved(tmp_path / "wide", unet((16, 32), 4), EulerDiscreteScheduler())
    assert from_diffusers(folder).shape == (4, 16, 32)


def test_our_own_noise_levels_are_known_again(tmp_path):
    folder = saved(tmp_path / "ours", unet(), scheduler(cosine(), "v"))
    t = torch.linspace(0.1, 0.9, 5)
    read = from_diffusers(folder).schedule
    torch.testing.assert_close(torch.stack(read(t)), torch.stack(cosine()(t)))


def test_what_is_stored_needs_the_pipeline_no_more(pipeline, tmp_path):
    folder, _ = pipeline
    model, x = build(config(folder)), torch.randn(2, 1, 28, 28)
    save_model(tmp_path / "ours", config(folder), model)
    shutil.rmtree(folder)
    again = load_model(tmp_path / "ours")
    with torch.no_grad():
        assert torch.equal(again(x, T), model(x, T))
    found = trace(again, x, T, probes=1)
    assert found.shape == (2,) and found.isfinite().all()


def index(folder: Path, **parts: str) -> None:
    folder.mkdir()
    listed = {part: ["diffusers", kind] for part, kind in parts.items()}
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "Any"} | listed))


def text(folder: Path) -> None:
    parts = {"text_encoder": "CLIPTextModel", "tokenizer": "CLIPTokenizer"}
    index(folder, **parts, unet="UNet2DConditionModel", scheduler="DDIMScheduler")


def other(folder: Path) -> None:
    index(folder, unet="UNet2DConditionModel", scheduler="DDIMScheduler")


def bare(folder: Path) -> None:
    unet().save_pretrained(folder)


def renamed(folder: Path, name: str) -> None:
    saved(folder)
    file = folder / "unet/diffusion_pytorch_model.safetensors"
    file.rename(file.with_name(name))


def given(net=unet, noise=DDPMScheduler):
    return lambda folder: saved(folder, net(), noise())


REFUSED = {
    "text": (text, r"also has text_encoder \(CLIPTextModel\), tokenizer \(CLIPTokenizer\)"),
    "other": (other, "expected UNet2DModel as its unet, found UNet2DConditionModel"),
    "embedding": (given(partial(unet, class_embed_type="timestep")), "class_embed_type, timestep"),
    "channels": (given(partial(unet, 28, 1, 3)), "1 channels as input and 3 as output"),
    "sides": (given(partial(unet, (27, 29))), "multiples of 2, not 27 x 29"),
    "edm": (given(noise=partial(EulerDiscreteScheduler, timestep_type="continuous")), "no table of betas"),
    "inverted": (given(noise=partial(FlowMatchEulerDiscreteScheduler, invert_sigmas=True)), "from data to noise"),
    "bare": (bare, "a network alone, without the scheduler"),
    "pickled": (partial(renamed, name="diffusion_pytorch_model.bin"), "found .*model.bin"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_read_is_told_in_one_line_that_names_the_part(case, tmp_path):
    make, words = REFUSED[case]
    make(tmp_path / "theirs")
    with pytest.raises(InputError, match=words) as error:
        from_diffusers(tmp_path / "theirs")
    assert "\n" not in str(error.value) and "theirs" in str(error.value)


@pytest.mark.parametrize("case", ["text", "other", "embedding", "channels", "sides", "inverted"])
def test_a_pipeline_is_refused_before_its_weights_are_fetched(case, tmp_path):
    make, words = REFUSED[case]
    make(tmp_path / "theirs")
    for file in (tmp_path / "theirs").rglob("*.safetensors"):
        file.unlink()
    with pytest.raises(InputError, match=words):
        from_diffusers(tmp_path / "theirs")


@pytest.mark.parametrize("case, fetched", [("theirs", 4), ("text", 1), ("embedding", 3)])
def test_of_a_name_on_the_hub_no_more_is_fetched_than_is_needed(
    case, fetched, tmp_path, monkeypatch
):
    REFUSED.get(case, (saved, ""))[0](tmp_path / "hub")
    names = []

    def hub(name, file):
        names.append(file)
        return tmp_path / "hub" / file

    monkeypatch.setattr("scorefield.nets._described.hf_hub_download", hub)
    with suppress(InputError):
        from_diffusers("someone/something")
    assert len(names) == fetched
    assert any(name.endswith("safetensors") for name in names) == (case == "theirs")


def test_what_does_not_fit_the_data_is_told_in_one_line(pipeline, monkeypatch):
    folder, _ = pipeline
    with pytest.raises(InputError, match="other noise levels"):
        build(config(folder, schedule="cosine"))
    with pytest.raises(InputError, match="1 channels, the data's have 3"):
        build(config(folder, channels=3))
    with pytest.raises(InputError, match=r"\[28, 28\] pixels, the data's have \[32, 32\]"):
        build(config(folder, side=32))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        InputError, match=r"'nobody/nothing' is no folder .* the Hub did not return one"
    ) as e:
        build(config("nobody/nothing"))
    assert "\n" not in str(e.value)


def test_a_folder_becomes_a_model_of_the_pipeline(pipeline, tmp_path):
    folder, _ = pipeline
    project = copied(tmp_path / "project")
    entry = {"data": "digits", "net": "pretrained", "objective": "ddpm", "schedule": "ddpm"}
    theirs = entry | {"seed": 0, "pretrained": {"name": str(folder)}}
    edit(project, lambda p: p["models"].update(theirs=theirs))
    steered = {
        "data": "digits",
        "model": "theirs",
        "evaluator": "mnist-classifier",
        "n": 4,
        "seed": 1,
    }
    more = {"guidance": "ibg", "sampler": "ddim", "ibg": {"probes": 1}}
    edit(project, lambda p: p["runs"].update(steered=steered | more))
    run(project, "dvc", "repro", "train@theirs")
    run(project, "dvc", "repro", "sample@steered")
    assert (project / "samples/steered.safetensors").exists()
    run(project, sys.executable, "stages/training_report.py", "theirs")
