"""The interval of guidance follows the scale of the data."""

from math import pi

import pytest
import torch

from scorefield.core.denoiser import Chunk
from scorefield.core.exact import Mixture
from scorefield.core.interval import in_spreads, spread
from scorefield.core.noise import streams
from scorefield.core.schedule import cosine, time_at, times
from scorefield.drawing import denoiser
from scorefield.guidance.ibg import ibg
from scorefield.guidance.minus_score import minus_score
from scorefield.guidance.random import random
from scorefield.guidance.sgms import sgms
from scorefield.guidance.temperature import temperature
from scorefield.samplers.ancestral import ancestral
from tests.helpers.laws import SCHEDULES

pytestmark = pytest.mark.usefixtures("double")
LAW = Mixture.ring(5, radius=2.0, std=0.2, rare=0.05)
GUIDANCE = (ibg, random, minus_score, sgms, temperature)
START = torch.zeros(1, 2, dtype=torch.float64)


def scaled(law, c, shift=0.0):
    """The law of c x + shift."""
    return Mixture(law.weight, c * law.mean + shift, c**2 * law.cov)


def steered(make, c, given, n=16):
    """Samples of the law times c, on a grid of noise levels times c, from noise times c."""
    model = scaled(LAW, c).denoiser(cosine())
    levels = c * (times(21)[1:-1] * pi / 2).tan()
    grid = torch.cat([time_at(cosine(), levels), torch.zeros(1)])
    sigma = cosine().sigma(grid[0])
    randn = streams(3, range(n))
    (bound,) = Chunk(streams(4, range(n))).bind(make(model, **given))
    x = sigma * randn(torch.empty(n, 2))
    *_, x = ancestral(bound, x, grid, randn)
    return x


@pytest.mark.parametrize("c", [0.1, 8.0])
@pytest.mark.parametrize("make", GUIDANCE)
def test_guided_samples_of_a_law_times_c_are_c_times_those_of_the_law(make, c):
    one, other = steered(make, 1.0, {}), steered(make, c, {})
    near = 2e-2 if make in (sgms, temperature) else 1e-9  # they use the number itself, too
    torch.testing.assert_close(other / c, one, atol=near, rtol=near)
    absolute = {"spread": 1.0}  # the same noise levels for both laws
    one, other = steered(make, 1.0, absolute), steered(make, c, absolute)
    assert (other / c - one).norm(dim=1).max() > 0.5


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("std", [0.02, 1.0, 50.0])
def test_the_spread_of_an_isotropic_gaussian_is_its_standard_deviation(schedule, std):
    law = Mixture.isotropic([[1.5 * std, -std, 0.0]], std)
    assert spread(law.denoiser(schedule), START) == pytest.approx(std, rel=1e-4)


def test_directions_without_variance_do_not_count():
    """tr C^2 / tr C of a law in 2 of 64 dimensions is its variance there."""
    cov = torch.diag(torch.tensor([4.0, 4.0, *[1e-4] * 62]))[None]
    law = Mixture(torch.ones(1), torch.zeros(1, 64), cov)
    assert spread(law.denoiser(cosine()), START) == pytest.approx(2.0, rel=0.02)


@pytest.mark.parametrize("c", [0.05, 1.0, 20.0])
def test_the_spread_of_a_mixture_is_that_of_its_covariance_wherever_it_lies(c):
    law = scaled(LAW, c, shift=5 * c)
    apart = law.mean - law.weight @ law.mean
    cov = law.cov[0] + (law.weight[:, None, None] * apart[:, :, None] * apart[:, None]).sum(0)
    due = (cov.square().sum() / cov.trace()).sqrt().item()
    assert spread(law.denoiser(cosine()), START) == pytest.approx(due, rel=0.05)


def test_a_network_that_is_wrong_at_very_high_noise_has_the_spread_of_its_law():
    """Noise that is taken for signal, as by a U-Net, where a sample has no signal left."""
    exact = LAW.denoiser(cosine())
    off = denoiser(lambda x, t: exact(x, t) - 0.3 * x * (t > 0.97), cosine(), shape=(2,))
    assert spread(off, START) == pytest.approx(spread(exact, START), rel=0.02)


def test_a_given_spread_is_the_unit_and_the_denoiser_is_not_called():
    absent = denoiser(lambda x, t: 1 / 0, cosine(), shape=(2,))
    held = in_spreads(absent, 0.5, 2.0, 3.0)
    t = time_at(cosine(), torch.tensor([1.4, 1.6, 5.9, 6.1]))[:, None]
    assert held.holds(cosine(), START, t)[:, 0].tolist() == [False, True, True, False]


def test_the_spread_is_that_of_the_model_and_is_measured_once_for_all_chunks():
    calls, exact = [], LAW.denoiser(cosine())
    counted = denoiser(lambda x, t: calls.append(len(x)) or exact(x, t), cosine(), shape=(2,))
    guided = random(random(counted, scale=3.0), scale=1.0, spread=0.0)
    for seed in (0, 1):
        (bound,) = Chunk(streams(seed, range(3))).bind(guided)
        bound(torch.randn(3, 2), 0.5)
    probes = [n for n in calls if n > 3]
    spread(counted, START)
    assert sum(n > 3 for n in calls) == len(probes) * 3 / 2  # two guidances, once each
    assert 0 < len(probes) < 40


def test_a_law_without_a_spread_is_a_warning_that_says_what_to_give_and_the_unit_is_1():
    nothing = denoiser(lambda x, t: torch.full_like(x, torch.nan), cosine(), shape=(2,))
    with pytest.warns(UserWarning, match="give `spread`"):
        assert spread(nothing, torch.randn(2, 2)) == 1
