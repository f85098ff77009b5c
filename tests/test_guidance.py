"""Guidance of exact denoisers, where the right answer is known."""

import pytest
import torch

from scorefield.core.schedule import cosine, times
from scorefield.core.tilt import push, tilt, unit
from scorefield.guidance.ibg import ibg
from scorefield.guidance.minus_score import minus_score
from scorefield.guidance.plain import plain
from scorefield.guidance.random import random
from scorefield.samplers.ddim import ddim
from tests.laws import SCHEDULES, gaussian, oracle, three

pytestmark = pytest.mark.usefixtures("double")
IBG = {"score": "trace", "probes": 8, "step": 0.05, "trust": 0.05, "normalised": True}
INSIDE = {"low": 0.3, "high": 3.0}
T = 2 / torch.pi * torch.tensor(0.75, dtype=torch.float64).atan()  # alpha .8, sigma .6
POINT = torch.tensor([[1.0, 0.6]], dtype=torch.float64)


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_a_tilt_by_a_gaussian_weight_is_the_denoiser_of_the_product(schedule):
    """p_t(x) exp(b x) keeps the score's form: x_0 moves by sigma^2 / alpha b."""
    law, t, b = gaussian(0.7, 0.5), torch.tensor(0.6), 1.7
    (alpha, sigma), x = schedule(t), torch.linspace(-2, 2, 9)[:, None]
    guided = tilt(law.denoiser(schedule), schedule, lambda x, t: b * x[:, 0], 0.5)
    score = (alpha * guided(x, t) - x) / sigma**2
    at = x.clone().requires_grad_()
    product = law.log_prob(schedule, at, t) + 0.5 * b * at[:, 0]
    (due,) = torch.autograd.grad(product.sum(), at)
    torch.testing.assert_close(score, due)


@pytest.mark.parametrize("make", [ibg, random, minus_score])
def test_scale_0_is_the_unguided_sampler_to_the_bit(make):
    model = oracle(three(), cosine())
    given = {ibg: IBG, random: {"fresh": False}, minus_score: {}}[make]
    start = torch.randn(20, 2)
    (*_, a), (*_, b) = (
        ddim(guided, cosine(), start, times(8), torch.randn_like)
        for guided in (plain(model, model), make(model, model, scale=0.0, **given, **INSIDE))
    )
    assert torch.equal(a, b)


@pytest.mark.parametrize("make", [ibg, random, minus_score])
def test_levels_outside_the_interval_are_untouched_and_inside_moved(make):
    model, x = oracle(three(), cosine()), torch.randn(20, 2)
    given = {ibg: IBG, random: {"fresh": False}, minus_score: {}}[make]
    guided = make(model, model, scale=1.0, **given, **INSIDE)
    for rho, moved in ((0.1, False), (0.29, False), (0.31, True), (2.9, True), (3.1, False)):
        t = 2 / torch.pi * torch.tensor(rho).atan()
        assert torch.equal(guided(x, t), model(x, t)) != moved


@pytest.mark.parametrize("make", [ibg, random, minus_score])
def test_all_move_the_predicted_noise_by_the_same_root_mean_square(make):
    model, x = oracle(three(), cosine()), 0.8 * three().sample(200)[0] + 0.6 * torch.randn(200, 2)
    given = {ibg: IBG | {"trust": 0.0}, random: {"fresh": True}, minus_score: {}}[make]
    guided = make(model, model, scale=0.4, **given, **INSIDE)
    moved = (guided(x, T) - model(x, T)) * 0.8 / 0.6
    torch.testing.assert_close(moved.square().mean(1).sqrt(), torch.full((200,), 0.4))


def test_ibg_has_the_published_direction_on_three_gaussians():
    """u = (1.335088, .466412), along the gradient of log tr C."""
    model = oracle(three(), cosine())
    guided = ibg(model, model, scale=1.0, **IBG | {"probes": 2000, "step": 0.01}, **INSIDE)
    u = (guided(POINT, T) - model(POINT, T)) * 0.8 / 0.6
    torch.testing.assert_close(u, torch.tensor([[1.335088, 0.466412]]), atol=0.02, rtol=0)


def test_ibg_does_nothing_to_a_single_gaussian():
    model = oracle(gaussian(0.5, dim=2), cosine())
    guided = ibg(model, model, scale=1.0, **IBG, **INSIDE)
    x = torch.randn(50, 2)
    torch.testing.assert_close(guided(x, T), model(x, T), atol=1e-6, rtol=0)


def test_against_the_score_the_predicted_noise_is_scaled():
    model, x = oracle(three(), cosine()), torch.randn(50, 2)
    noise = lambda x0: (x - 0.8 * x0) / 0.6
    before = noise(model(x, T))
    after = noise(minus_score(model, model, scale=0.3, **INSIDE)(x, T))
    factor = 1 - 0.3 * 2**0.5 / before.norm(dim=1, keepdim=True)
    torch.testing.assert_close(after, factor * before)


def test_a_fixed_direction_stays_for_a_sample_and_changes_with_the_source_of_noise():
    model, x = oracle(three(), cosine()), torch.randn(5, 2)
    guided = random(model, model, scale=1.0, fresh=False, **INSIDE)
    move = lambda: guided(x, T) - model(x, T)
    first = move()
    assert torch.equal(first, move())
    model.randn = lambda like: torch.randn(like.shape)
    assert not torch.isclose(first, move()).any(1).all()


def test_a_vanishing_gradient_is_not_blown_up():
    g = torch.tensor([[1e-9, 0.0], [3.0, 4.0]])
    expected = torch.tensor([[2**0.5 * 1e-9 / 0.05, 0.0], [0.6 * 2**0.5, 0.8 * 2**0.5]])
    torch.testing.assert_close(unit(g, 0.05), expected)


def test_a_draw_is_not_guided():
    from scorefield.core.errors import InputError

    model = oracle(three(), cosine(), draws=True)
    with pytest.raises(InputError, match="guidance needs the posterior mean"):
        push(model, cosine(), lambda *_: 0, 1.0, 0.0, 1.0)
