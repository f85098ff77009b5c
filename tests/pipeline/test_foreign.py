"""Every kind of pipeline that diffusers saves and we read: equal to diffusers, and usable."""

from pathlib import Path

import pytest
import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    DDIMScheduler,
    DDPMPipeline,
    DDPMScheduler,
    DiTTransformer2DModel,
    EDMEulerScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    UNet2DModel,
    VQModel,
)

from scorefield.core.denoiser import Chunk
from scorefield.core.errors import InputError
from scorefield.core.noise import streams
from scorefield.core.schedule import time_at, times
from scorefield.core.tabulated import tabulated
from scorefield.guidance.ibg import ibg
from scorefield.instability.frobenius import frobenius
from scorefield.interop.pipelines import from_diffusers
from scorefield.nets._levels import betas
from scorefield.paths.instanton import instanton
from scorefield.pipeline.files import build, load_model, save_model
from scorefield.samplers.ddim import ddim
from tests.helpers.foreign import KINDS, TABLES, coder, latents, pixels, transformer, unet


@pytest.fixture(scope="module", params=KINDS)
def read(request, tmp_path_factory):
    """The name of a kind, its folder, the model, and it with labels where it takes them."""
    folder = tmp_path_factory.mktemp(request.param)
    KINDS[request.param](folder)
    model = from_diffusers(folder)
    labels = torch.arange(4) % 5 if model.classes else None
    (bound,) = Chunk(condition=labels).bind(model)
    return request.param, folder, model, bound


@pytest.mark.parametrize("noise", TABLES.values(), ids=TABLES)
def test_a_schedule_has_the_values_of_its_table_and_falls_between(noise):
    table = betas(noise.config)
    schedule = tabulated(table)
    t = torch.arange(1, len(table) + 1, dtype=torch.float64) / len(table)
    alpha, sigma = schedule(t)
    torch.testing.assert_close(alpha, table.clamp_min(0).sqrt(), rtol=0, atol=1e-6)
    torch.testing.assert_close(sigma, (1 - table).sqrt(), rtol=0, atol=1e-6)
    alpha, sigma = schedule(torch.linspace(0, 1, 7001, dtype=torch.float64))
    assert ((sigma / alpha).diff() > 0).all()
    near, slope = torch.func.jvp(schedule.alpha, (t[:-1],), (torch.ones_like(t[:-1]),))
    ahead = (schedule.alpha(t[:-1] + 1e-7) - near) / 1e-7
    torch.testing.assert_close(slope, ahead, rtol=1e-3, atol=1e-4)


CONTINUOUS = ("flow", "edm", "edm_v", "continuous")  # without a table, see the next test


@torch.no_grad()
@pytest.mark.parametrize("read", [each for each in KINDS if each not in CONTINUOUS], indirect=True)
def test_one_step_of_ddim_is_that_of_diffusers_own_scheduler(read):
    """From a timestep of theirs to the next, on the same network, labels and noise."""
    _, folder, model, bound = read
    theirs = unet_of(folder)
    scheduler = DDIMScheduler.from_pretrained(folder / "scheduler")
    config = dict(scheduler.config) | {"clip_sample": False, "set_alpha_to_one": True}
    scheduler = DDIMScheduler.from_config(config | {"thresholding": False})
    steps = scheduler.config.num_train_timesteps
    scheduler.set_timesteps(5)
    index = scheduler.timesteps[1]
    x, goal = torch.randn(4, *model.shape), scheduler.timesteps[2]
    more = {"class_labels": torch.arange(4) % 5} if model.classes else {}
    out = theirs(x, index.expand(4), **more).sample[:, : model.shape[0]]
    expected = scheduler.step(out, index, x).prev_sample
    grid = torch.tensor([index + 1, goal + 1], dtype=torch.float64) / steps
    (found,) = ddim(bound, x, grid)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def unet_of(folder: Path):
    if (folder / "transformer").exists():
        return DiTTransformer2DModel.from_pretrained(folder / "transformer").eval()
    return UNet2DModel.from_pretrained(folder / "unet").eval()


@torch.no_grad()
@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # diffusers and NumPy 2
@pytest.mark.parametrize(
    "kind", [EDMEulerScheduler, EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler]
)
def test_steps_of_continuous_noise_levels_are_those_of_diffusers(kind, tmp_path):
    given = {
        "timestep_type": "continuous",
        "prediction_type": "v_prediction",
        "use_karras_sigmas": True,
        "sigma_max": 80.0,
        "sigma_min": 0.002,
    }
    noise = kind(**(given if kind is EulerDiscreteScheduler else {}))
    pixels(tmp_path, noise)
    model, net = from_diffusers(tmp_path), unet()
    noise.set_timesteps(4)
    sigmas = noise.sigmas.double()
    if kind is FlowMatchEulerDiscreteScheduler:
        grid = sigmas
    else:
        grid = torch.stack([time_at(model.schedule, s) for s in sigmas])
    x = sigmas[0].float() * torch.randn(2, 1, 8, 8)
    found, expected = x, x
    for index in noise.timesteps:
        scaled = (
            noise.scale_model_input(expected, index)
            if hasattr(noise, "scale_model_input")
            else expected
        )
        expected = noise.step(net(scaled, index).sample, index, expected).prev_sample
    *_, found = ddim(model, x, grid)
    torch.testing.assert_close(found, expected, rtol=2e-3, atol=2e-3)


def test_each_kind_gives_a_map_samples_a_path_and_a_few_step_curve(read):
    name, _, model, bound = read
    t = time_at(model.schedule, 1.0).item()
    x = model.schedule.add_noise(torch.rand(4, *model.shape) - 0.5, t, seed=0)
    found = frobenius(bound, x, t, probes=1, per_pixel=True)
    assert found.shape == x.shape and found.isfinite().all() and found.std() > 0
    randn = streams(0, range(4))
    start = model.schedule.sigma(torch.ones(())) * randn(torch.empty(4, *model.shape))
    *_, guided = ddim(
        ibg(bound, scale=0.5, probes=1, low=0.0, high=1e6, spread=1.0), start, times(2)
    )
    curve = [[*ddim(bound, start, times(steps))][-1] for steps in (1, 2)]
    assert all(each.isfinite().all() for each in (guided, *curve))
    assert not torch.equal(guided, curve[1]) and not torch.equal(*curve)
    (one,) = Chunk(condition=torch.tensor([2]) if model.classes else None).bind(model)
    path = instanton(one, x[0], x[1], noise=1.0, nodes=4, iterations=2, doublings=0)
    assert path.path.shape == (5, *model.shape) and path.path.isfinite().all()
    images = model.decode(guided)
    assert images.shape[1] == 3 or not name.startswith("latents")
    assert images.isfinite().all()


@torch.no_grad()
@pytest.mark.parametrize("kind", [VQModel, AutoencoderKL, AutoencoderTiny])
def test_latents_are_decoded_and_encoded_as_diffusers_does(kind, tmp_path):
    latents(tmp_path, kind)
    model, theirs = from_diffusers(tmp_path), coder(kind, 3).eval()
    z, scale = torch.randn(2, 3, 8, 8), theirs.config.scaling_factor
    torch.testing.assert_close(model.decode(z), theirs.decode(z / scale).sample)
    images = torch.rand(2, 3, 16, 16) * 2 - 1
    back = theirs.encode(images)
    known = back.latent_dist.mean if kind is AutoencoderKL else back.latents
    torch.testing.assert_close(model.encode(images), scale * known)


def test_what_is_stored_of_a_pipeline_is_the_same_model(tmp_path):
    pixels(tmp_path / "theirs", TABLES["table"])
    shapes = {"train": [9, 1, 8, 8]}
    config = {"net": "pretrained", "numbers": {"name": str(tmp_path / "theirs")}, "predict": "v"}
    config |= {"shapes": shapes, "schedule": "own"}
    model, x = build(config).eval(), torch.randn(2, 1, 8, 8)
    save_model(tmp_path / "ours", config, model)
    again, direct = load_model(tmp_path / "ours"), from_diffusers(tmp_path / "theirs")
    with torch.no_grad():
        torch.testing.assert_close(again(x, 0.4), model(x, 0.4))
        torch.testing.assert_close(direct(x, 0.4), model(x, 0.4))


def test_half_precision_is_read_in_float32_with_a_warning(tmp_path):
    net = unet().half()
    DDPMPipeline(net, DDPMScheduler()).save_pretrained(tmp_path, variant="fp16")
    with pytest.warns(UserWarning, match="weights in F16, read as float32"):
        model = from_diffusers(tmp_path)
    assert all(p.dtype == torch.float32 for p in model.parameters())
    known = dict(net.float().named_parameters())
    assert all(torch.equal(p, known[key]) for key, p in model.net.net.named_parameters())


def test_a_network_that_needs_labels_says_so(tmp_path):
    pixels(tmp_path, DDPMScheduler(), num_class_embeds=5)
    model, x = from_diffusers(tmp_path), torch.zeros(2, 1, 8, 8)
    with pytest.raises(InputError, match="needs labels, whole numbers below 5"):
        model(x, 0.5)
    with pytest.raises(InputError, match="labels from 0 to 4"):
        model(x, 0.5, condition=torch.tensor([1, 5]))


def test_the_null_label_of_a_transformer_stands_for_no_label(tmp_path):
    transformer(tmp_path)
    model, x = from_diffusers(tmp_path), torch.randn(2, 4, 8, 8)
    net = unet_of(tmp_path)
    with torch.no_grad():
        out = net(x, torch.full((2,), 499.0), class_labels=torch.tensor([5, 5])).sample[:, :4]
        alpha, sigma = model.schedule(torch.tensor(0.5))
        torch.testing.assert_close(model(x, 0.5), (x - sigma * out) / alpha, rtol=1e-3, atol=1e-3)
