"""Guidance by a weaker model, and guidance of some noise levels only."""

from functools import partial

import pytest
import torch

from scorefield.core.denoiser import Chunk, Counter, counted, score
from scorefield.core.errors import InputError
from scorefield.core.noise import streams
from scorefield.core.schedule import cosine, ddpm, time_at, times
from scorefield.guidance.autoguidance import autoguidance
from scorefield.guidance.cfg import cfg
from scorefield.guidance.ibg import ibg
from scorefield.guidance.interval import condition, interval
from scorefield.guidance.temperature import temperature
from scorefield.samplers.ddim import ddim
from tests.helpers.laws import SCHEDULES, LabelRatio, gaussian, labelled, random_mixture, three

pytestmark = pytest.mark.usefixtures("double")
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
LEVELS = (0.1, 0.29, 0.31, 1.0, 2.9, 3.1)


@every_schedule
@pytest.mark.parametrize("scale", [0.0, 0.5, 1.0, 2.5])
def test_the_score_is_that_of_the_product_of_both_laws(scale, schedule):
    """grad log p_t^w q_t^(1 - w), by automatic differentiation of two mixtures."""
    good, weak, t = three(), random_mixture(4, 2), torch.tensor(0.4)
    made = autoguidance(good.denoiser(schedule), weak.denoiser(schedule), scale=scale)
    x = torch.randn(9, 2).requires_grad_()
    log = (law.log_prob(schedule, x, t).sum() for law in (good, weak))
    product = sum(w * each for w, each in zip((scale, 1 - scale), log, strict=True))
    (expected,) = torch.autograd.grad(product, x)
    torch.testing.assert_close(score(made, x.detach(), t), expected)


def test_a_wider_guide_narrows_a_gaussian_as_the_product_of_gaussians_says():
    t, x, w = time_at(ddpm(), 0.5), torch.linspace(-2, 2, 7)[:, None], 3.0
    alpha, sigma = ddpm()(t)
    narrow, wide = (alpha**2 * std**2 + sigma**2 for std in (0.5, 1.0))
    good, weak = (gaussian(std).denoiser(ddpm()) for std in (0.5, 1.0))
    precision = w / narrow + (1 - w) / wide
    assert precision > 1 / narrow
    torch.testing.assert_close(score(autoguidance(good, weak, scale=w), x, t), -precision * x)


def test_scale_1_is_the_denoiser_to_the_bit_at_one_call_and_0_is_the_guide():
    good, weak, counter = three().denoiser(ddpm()), gaussian(2.0, dim=2).denoiser(ddpm()), Counter()
    x = torch.randn(5, 2)
    one = autoguidance(counted(good, counter), counted(weak, counter), scale=1.0)
    assert torch.equal(one(x, 0.4), good(x, 0.4)) and counter.calls == 1
    assert torch.equal(autoguidance(good, weak, scale=0.0)(x, 0.4), weak(x, 0.4))


def test_both_models_have_the_labels_of_the_samples():
    labels = torch.arange(6) % 3
    model, x = labelled(), torch.randn(6, 2)
    made, alone = Chunk(condition=labels).bind(autoguidance(model, model, scale=3.0), model)
    torch.testing.assert_close(made(x, 0.4), alone(x, 0.4))


def test_a_guide_with_another_schedule_a_ratio_or_draws_is_refused():
    good = three().denoiser(ddpm())
    with pytest.raises(InputError, match="expected a model with the same schedule"):
        autoguidance(good, three().denoiser(cosine()))
    with pytest.raises(InputError, match="expected a model of the same data"):
        autoguidance(good, LabelRatio(three(), ddpm()))
    with pytest.raises(InputError, match="autoguidance needs the posterior mean"):
        autoguidance(good, three().denoiser(ddpm(), draws=True))


@pytest.mark.parametrize("inner", [temperature, partial(ibg, probes=1)])
def test_inside_of_the_interval_is_the_guided_denoiser_and_outside_the_plain_one(inner):
    """To the bit, for one time and for one of each row."""
    base, x = three().denoiser(ddpm()), torch.randn(len(LEVELS), 2)
    limited = interval(base, guidance=inner, scale=0.7, low=0.3, high=3.0)
    made, guided = (
        Chunk(lambda like: torch.ones_like(like)).bind(each)[0]
        for each in (limited, inner(base, scale=0.7))
    )
    rows = time_at(ddpm(), torch.tensor(LEVELS))
    for level, t in zip(LEVELS, rows, strict=True):
        inside = 0.3 <= level <= 3.0
        assert torch.equal(made(x, t), (guided if inside else base)(x, t))
    apart = torch.stack([made(x, t)[i] for i, t in enumerate(rows)])
    torch.testing.assert_close(made(x, rows), apart)


def test_outside_of_the_interval_cfg_is_the_conditional_model_at_one_call():
    counter, labels, x = Counter(), torch.arange(6) % 3, torch.randn(6, 2)
    base = counted(labelled(), counter)
    limited, whole = interval(base, scale=3.0, low=0.3, high=3.0), cfg(base, scale=3.0)
    made, guided, alone = Chunk(condition=labels).bind(limited, whole, base)
    for level, same, calls in ((0.2, alone, 1), (1.0, guided, 2), (4.0, alone, 1)):
        t, counter.calls = time_at(ddpm(), level), 0
        found = made(x, t)
        assert counter.calls == calls
        assert torch.equal(found, same(x, t))


def test_an_interval_takes_a_guide_and_composes_with_other_guidance():
    good, weak = three().denoiser(ddpm()), gaussian(2.0, dim=2).denoiser(ddpm())
    limited = interval(good, weak, guidance="autoguidance", scale=2.0, low=0.3, high=3.0)
    x, t = torch.randn(5, 2), time_at(ddpm(), 1.0)
    assert torch.equal(limited(x, t), autoguidance(good, weak, scale=2.0)(x, t))
    both = temperature(interval(limited, guidance="ibg", scale=0.1, low=0.5, high=2.0), scale=0.1)
    (bound,) = Chunk(streams(0, range(5))).bind(both)
    *_, end = ddim(bound, x, times(6))
    assert end.isfinite().all()


def test_the_condition_of_an_interval_is_that_of_its_guidance():
    data = {"train_labels": torch.arange(3)}
    assert condition(data, 5).values.tolist() == [0, 1, 2, 0, 1]
    assert condition(data, 5, guidance="temperature") is None
    assert condition(data, 5, guidance=partial(cfg)) is None
