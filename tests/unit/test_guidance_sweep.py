"""The variants of a guidance sweep are methods at a scale, of one model and one noise."""

from functools import partial

import pytest
import torch

from scorefield.core.denoiser import Chunk
from scorefield.core.exact import Mixture
from scorefield.core.noise import streams
from scorefield.core.schedule import cosine, times
from scorefield.experiments import guidance_sweep as study
from scorefield.experiments.guidance_sweep import guidance_sweep, plan
from scorefield.experiments.sampling import drawn
from scorefield.guidance.ibg import ibg
from scorefield.guidance.random import random
from scorefield.guidance.temperature import temperature
from scorefield.pipeline.variants import Variant, cells, variant
from scorefield.samplers.boost import boost
from tests.helpers.laws import oracle, three

SPEC = {"sampler": "ancestral", "steps": 4, "seed": 1, "n": 6, "variants": [], "scales": [1.0]}
SPEC |= {"model": "a", "control": "b", "withheld": "a", "chunk": 4}


def samples(plan):
    """Six samples of a plan, all drawn together."""
    randn = streams(plan.seed, range(6))
    (denoiser,) = Chunk(randn).bind(plan.denoiser)
    *_, x = plan.sampler(denoiser, randn(torch.empty(6, 2)), times(plan.steps), randn)
    return x


@pytest.mark.parametrize(
    "name, guidance",
    [
        ("ibg", partial(ibg, scale=2.0)),
        ("reversed", partial(ibg, scale=-2.0)),
        ("random", partial(random, scale=2.0)),
        ("fresh", partial(random, scale=2.0, fresh=True)),
        ("temperature", partial(temperature, scale=2.0)),
    ],
)
def test_a_variant_is_the_guidance_at_the_scale_with_its_defaults(name, guidance):
    model = oracle(three(), cosine())
    found = plan(SPEC, model, variant(name), 2.0)
    expected = plan(SPEC, model, Variant(), 0.0)
    (bound,) = Chunk(streams(1, range(6))).bind(found.denoiser)
    (steered,) = Chunk(streams(1, range(6))).bind(guidance(model))
    x = torch.randn(6, 2)
    assert torch.equal(bound(x, 0.7), steered(x, 0.7))
    assert not torch.equal(samples(found), samples(expected))


def test_an_entrys_own_section_overrides_a_default_but_not_what_the_variant_fixes():
    model, own = oracle(three(), cosine()), {"scale": 9.0, "fresh": False, "low": 0.0}
    found = plan(SPEC | {"random": own}, model, variant("fresh"), 2.0)
    (bound,) = Chunk(streams(1, range(6))).bind(found.denoiser)
    (steered,) = Chunk(streams(1, range(6))).bind(random(model, scale=2.0, fresh=True, low=0.0))
    x = torch.randn(6, 2)
    for _ in range(2):
        assert torch.equal(bound(x, 0.2), steered(x, 0.2))


def test_a_sampler_as_a_variant_takes_the_scale_and_leaves_the_denoiser_alone():
    model = oracle(three(), cosine())
    found = plan(SPEC | {"boost": {"level": 2.0}}, model, variant("boost"), 0.5)
    x = torch.randn(6, 2)
    assert torch.equal(found.denoiser(x, 0.4), model(x, 0.4))
    steps = [f(model, x, times(4), streams(0, range(6))) for f in (found.sampler, boost)]
    assert not torch.equal(list(steps[0])[-1], list(steps[1])[-1])
    right = partial(boost, scale=0.5, level=2.0)(model, x, times(4), streams(0, range(6)))
    again = found.sampler(model, x, times(4), streams(0, range(6)))
    assert torch.equal(list(again)[-1], list(right)[-1])


def test_a_sweep_has_unguided_samples_first_then_every_variant_at_rising_scales(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(study, "load_model", lambda folder: oracle(three(), cosine()))
    cells = guidance_sweep(SPEC | {"variants": ["ibg", "boost"], "scales": [2, 0.5]}, tmp_path)
    order = [("plain", 0.0), ("ibg", 0.5), ("ibg", 2.0), ("boost", 0.5), ("boost", 2.0)]
    assert [(cell.role, cell.variant, cell.scale) for cell in cells] == [
        (role, *each) for role in ("model", "control") for each in order
    ]
    assert all(cell.samples.shape == (6, 2) for cell in cells)
    assert cells[0].nfe == cells[3].nfe == 4 < cells[1].nfe


def test_guidance_at_scale_zero_draws_the_unguided_samples(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "load_model", lambda folder: oracle(three(), cosine()))
    plain, *guided = guidance_sweep(SPEC | {"variants": ["ibg", "random"], "scales": [0]}, tmp_path)
    same = [torch.equal(plain.samples, cell.samples) for cell in guided if cell.role == "model"]
    assert same == [True, True]


@pytest.mark.parametrize("name", ["ibg", "reversed", "random", "minus_score", "sgms", "mue_sparse"])
def test_at_scale_zero_a_variant_of_a_method_is_unguided_to_the_bit(name):
    model = oracle(three(), cosine())
    spec = SPEC | {"sampler": "ddim", "steps": 10}
    plain, steered = (
        samples(plan(spec, model, found, 0.0)) for found in (Variant(), variant(name))
    )
    assert torch.equal(plain, steered)


def test_each_role_may_have_its_own_variants_and_scales(tmp_path, monkeypatch):
    loaded = []
    monkeypatch.setattr(
        study, "load_model", lambda folder: loaded.append(folder) or oracle(three(), cosine())
    )
    spec = SPEC | {
        "withheld": "c",
        "variants": ["ibg", "random"],
        "scales": {"model": {"random": [1], "ibg": [0.5]}, "withheld": {"random": [3, 1]}},
    }
    found = guidance_sweep(spec, tmp_path)
    assert loaded == ["models/a", "models/b", "models/c"]
    assert [(cell.role, cell.variant, cell.scale) for cell in found] == [
        *(("model", "plain", 0.0), ("model", "ibg", 0.5), ("model", "random", 1.0)),
        ("control", "plain", 0.0),
        *(("withheld", "plain", 0.0), ("withheld", "random", 1.0), ("withheld", "random", 3.0)),
    ]
    assert cells(spec, "control") == []


def test_a_killed_sweep_goes_on_with_the_chunks_that_are_left(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "load_model", lambda folder: oracle(three(), cosine()))
    spec = SPEC | {"variants": ["random"], "scales": [0.5]}
    whole = guidance_sweep(spec, tmp_path / "whole")
    with monkeypatch.context() as killed:
        calls = iter([drawn] * 3)
        killed.setattr("scorefield.experiments.sampling.drawn", lambda *a: next(calls)(*a))
        with pytest.raises(StopIteration):
            guidance_sweep(spec, tmp_path / "killed")
    again = guidance_sweep(spec, tmp_path / "killed")
    assert len([*(tmp_path / "killed").rglob("chunk-*")]) == 8
    assert all(torch.equal(a.samples, b.samples) for a, b in zip(whole, again, strict=True))


def test_unguided_samples_of_the_exact_law_have_its_share_of_the_rare_mode(tmp_path, monkeypatch):
    law = Mixture.grid(3, spacing=4.0, std=0.1, rare=0.05)
    monkeypatch.setattr(study, "load_model", lambda folder: oracle(law, cosine()))
    spec = SPEC | {"sampler": "ddim", "steps": 40, "n": 2000, "chunk": 2000}
    control = guidance_sweep(spec, tmp_path)[1]
    share = (control.samples.norm(dim=1) < 1.0).double().mean().item()
    assert share == pytest.approx(0.05, abs=3 * (0.05 * 0.95 / 2000) ** 0.5)
