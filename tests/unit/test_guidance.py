"""Guidance of exact denoisers, where the right answer is known."""

import pytest
import torch

from scorefield.core.denoiser import Chunk
from scorefield.core.errors import InputError
from scorefield.core.noise import streams
from scorefield.core.schedule import cosine, times
from scorefield.core.tilt import rms_normalise, shift_prediction, tilt
from scorefield.guidance.ibg import ibg
from scorefield.guidance.minus_score import minus_score
from scorefield.guidance.mue import mue
from scorefield.guidance.plain import plain
from scorefield.guidance.random import random
from scorefield.guidance.sgms import sgms
from scorefield.guidance.temperature import temperature
from scorefield.instability.original import original
from scorefield.samplers.boost import boost
from scorefield.samplers.ddim import ddim
from tests.helpers.laws import SCHEDULES, Signs, gaussian, oracle, three

pytestmark = pytest.mark.usefixtures("double")
IBG = {"score": "trace", "probes": 8, "step": 0.05, "trust": 0.05, "normalised": True}
INSIDE = {"low": 0.3, "high": 3.0, "spread": 1.0}
GIVEN = {
    ibg: IBG | INSIDE,
    random: {"fresh": False} | INSIDE,
    minus_score: INSIDE,
    sgms: {"level": 3.0} | INSIDE,
    temperature: INSIDE,
    mue: {"probes": 2, "step": 0.05},
}
EQUAL = (ibg, random, minus_score, sgms)  # in norm
T = 2 / torch.pi * torch.tensor(0.75, dtype=torch.float64).atan()  # alpha .8, sigma .6
POINT = torch.tensor([[1.0, 0.6]], dtype=torch.float64)


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_a_tilt_by_a_gaussian_weight_is_the_denoiser_of_the_product(schedule):
    """p_t(x) exp(b x) keeps the score's form: x_0 moves by sigma^2 / alpha b."""
    law, t, b = gaussian(0.7, 0.5), torch.tensor(0.6), 1.7
    (alpha, sigma), x = schedule(t), torch.linspace(-2, 2, 9)[:, None]
    guided = tilt(law.denoiser(schedule), lambda x, t: b * x[:, 0], 0.5)
    score = (alpha * guided(x, t) - x) / sigma**2
    at = x.clone().requires_grad_()
    product = law.log_prob(schedule, at, t) + 0.5 * b * at[:, 0]
    (due,) = torch.autograd.grad(product.sum(), at)
    torch.testing.assert_close(score, due)


@pytest.mark.parametrize("make", GIVEN)
def test_scale_0_is_the_unguided_sampler_to_the_bit(make):
    model = oracle(three(), cosine())
    start = torch.randn(20, 2)
    (*_, a), (*_, b) = (
        ddim(guided, start, times(8))
        for guided in (plain(model), make(model, scale=0.0, **GIVEN[make]))
    )
    assert torch.equal(a, b)


def test_sparse_mue_guides_as_mue_at_nine_of_a_thousand_times_and_not_at_all_at_the_others():
    model, x = oracle(three(), cosine()), torch.randn(4, 2)
    whole, sparse = (mue(model, scale=50.0, probes=1, sparse=s) for s in (False, True))
    moves = lambda t: not torch.equal(sparse(x, t), model(x, t))
    guided = [round(1000 * t.item()) for t in times(1000)[:-1] if moves(t)]
    assert guided == [900, 800, 700, 600, 500, 400, 300, 200, 100]
    for k in guided:
        steered = (Chunk(streams(0, range(4))).bind(each)[0] for each in (whole, sparse))
        assert torch.equal(*(bound(x, k / 1000) for bound in steered))


@pytest.mark.parametrize("make", [*EQUAL, temperature])
def test_levels_outside_the_interval_are_untouched_and_inside_moved(make):
    model, x = oracle(three(), cosine()), torch.randn(20, 2)
    guided = make(model, scale=1.0, **GIVEN[make])
    for rho, moved in ((0.1, False), (0.29, False), (0.31, True), (2.9, True), (3.1, False)):
        t = 2 / torch.pi * torch.tensor(rho).atan()
        assert torch.equal(guided(x, t), model(x, t)) != moved


@pytest.mark.parametrize("make", EQUAL)
def test_all_move_the_predicted_noise_by_the_same_root_mean_square(make):
    model, x = oracle(three(), cosine()), 0.8 * three().sample(200)[0] + 0.6 * torch.randn(200, 2)
    more = {ibg: {"trust": 0.0}, random: {"fresh": True}}.get(make, {})
    guided = make(model, scale=0.4, **GIVEN[make] | more)
    moved = (guided(x, T) - model(x, T)) * 0.8 / 0.6
    torch.testing.assert_close(moved.square().mean(1).sqrt(), torch.full((200,), 0.4))


def test_ibg_has_the_published_direction_on_three_gaussians():
    """u = (1.335088, .466412), along the gradient of log tr C."""
    model = oracle(three(), cosine())
    guided = ibg(model, scale=1.0, **IBG | {"probes": 2, "step": 1e-3}, **INSIDE)
    (guided,) = Chunk(Signs()).bind(guided)
    u = (guided(POINT, T) - model(POINT, T)) * 0.8 / 0.6
    torch.testing.assert_close(u, torch.tensor([[1.335088, 0.466412]]), atol=1e-6, rtol=0)


def test_ibg_does_nothing_to_a_single_gaussian():
    model = oracle(gaussian(0.5, dim=2), cosine())
    guided = ibg(model, scale=1.0, **IBG, **INSIDE)
    x = torch.randn(50, 2)
    torch.testing.assert_close(guided(x, T), model(x, T), atol=1e-6, rtol=0)


def test_against_the_score_the_predicted_noise_is_scaled():
    model, x = oracle(three(), cosine()), torch.randn(50, 2)
    noise = lambda x0: (x - 0.8 * x0) / 0.6
    before = noise(model(x, T))
    after = noise(minus_score(model, scale=0.3, **INSIDE)(x, T))
    factor = 1 - 0.3 * 2**0.5 / before.norm(dim=1, keepdim=True)
    torch.testing.assert_close(after, factor * before)


def test_a_fixed_direction_stays_for_a_sample_and_changes_with_the_source_of_noise():
    model, x = oracle(three(), cosine()), torch.randn(5, 2)
    guided = random(model, scale=1.0, fresh=False, **INSIDE)
    first, second = (Chunk(streams(seed, range(5))).bind(guided)[0] for seed in (0, 1))
    move = lambda bound: bound(x, T) - model(x, T)
    assert torch.equal(move(first), move(first))
    assert not torch.isclose(move(first), move(second)).any(1).all()


def test_a_vanishing_gradient_is_not_blown_up():
    g = torch.tensor([[1e-9, 0.0], [3.0, 4.0]])
    expected = torch.tensor([[2**0.5 * 1e-9 / 0.05, 0.0], [0.6 * 2**0.5, 0.8 * 2**0.5]])
    torch.testing.assert_close(rms_normalise(g, 0.05), expected)


def test_a_draw_is_not_guided():
    model = oracle(three(), cosine(), draws=True)
    with pytest.raises(InputError, match="guidance needs the posterior mean"):
        shift_prediction(model, lambda *_: 0, 1.0)


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_a_temperature_makes_gaussian_data_as_much_wider(schedule):
    narrow, wide = (
        oracle(gaussian(0.7, dim=2), schedule),
        oracle(gaussian(0.7 * 1.5, dim=2), schedule),
    )
    guided = temperature(narrow, scale=0.5, low=0.0, high=float("inf"))
    x = torch.randn(50, 2)
    for t in torch.tensor([0.1, 0.5, 0.9]):
        torch.testing.assert_close(guided(x, t), wide(x, t))


def test_self_guidance_of_a_gaussian_without_noise_is_away_from_its_mean():
    """m is proportional to x, and so is what is made of it again."""
    model, x = oracle(gaussian(0.5, dim=2), cosine()), torch.randn(50, 2)
    guided = sgms(model, scale=0.4, level=3.0, **INSIDE)
    (silent,) = Chunk(torch.zeros_like).bind(guided)
    moved = silent(x, T) - model(x, T)
    torch.testing.assert_close(moved, 0.4 * 0.6 / 0.8 * rms_normalise(x))


def test_the_public_original_moves_the_noise_by_five_sigma_times_the_slope_of_its_score():
    model, probe, h = oracle(three(), cosine()), torch.tensor([[0.7, -1.1]]), 1e-5
    randn = lambda like: probe.expand_as(like)
    score = lambda x: original(model, x, T, randn, probes=1, step=0.05)
    slopes = [(score(POINT + h * e) - score(POINT - h * e)) / (2 * h) for e in torch.eye(2)]
    (guided,) = Chunk(randn).bind(mue(model, scale=2.0, probes=1, step=0.05))
    noise = lambda x0: (POINT - 0.8 * x0) / 0.6
    found = noise(guided(POINT, T)) - noise(model(POINT, T))
    torch.testing.assert_close(found, -2 * 5 * 0.6 * torch.stack(slopes, 1), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_boosted_noise_ends_as_much_wider_as_the_flow_is_linear(schedule):
    """N(0, v): the flow from the level scales by sqrt(v / (alpha^2 v + sigma^2))."""
    v, start = 0.49, torch.randn(20, 1)
    level = torch.tensor(3.0)
    given = {"churn": 0.0, "scale": 0.5, "level": 3.0}
    model = gaussian(v**0.5).denoiser(schedule)
    first = schedule.sigma(torch.ones(())) * start
    *_, x = boost(model, first, times(400), **given)
    due = 1.5 * level * (v / (v + level**2)).sqrt()
    torch.testing.assert_close(x / start, due.expand_as(x), rtol=0.01, atol=0)
