"""Where samplers put their times, and sampling with churn on such grids."""

from functools import partial

import pytest
import torch
from diffusers import EDMDPMSolverMultistepScheduler

from scorefield.core.denoiser import Counter, Plain, counted
from scorefield.core.errors import InputError
from scorefield.core.noise import streams
from scorefield.core.registry import load_method, methods
from scorefield.core.schedule import cosine, ddpm, time_at, times
from scorefield.metrics.mmd import mmd
from scorefield.samplers._spacing import COORDINATES, spaced
from scorefield.samplers.boost import boost
from scorefield.samplers.edm import edm, raised
from scorefield.samplers.heun import heun
from tests.helpers.laws import SCHEDULES, gaussian, three, two

pytestmark = pytest.mark.usefixtures("double")
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
SPACINGS = ("time", "angle", *COORDINATES)


@every_schedule
@pytest.mark.parametrize("ends", [(1.0, 0.0), (0.9, 0.2), (0.3, 0.0)])
@pytest.mark.parametrize("steps", [1, 2, 9])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_grid_keeps_the_ends_and_the_number_of_steps_and_falls(spacing, steps, ends, schedule):
    grid = spaced(schedule, torch.linspace(*ends, steps + 1), spacing)
    assert len(grid) == steps + 1
    assert (grid[0].item(), grid[-1].item()) == ends
    assert (grid.diff() < 0).all()


def test_equidistant_angles_are_the_times_of_the_cosine_schedule():
    torch.testing.assert_close(spaced(cosine(), times(12), "angle"), times(12))
    alpha, sigma = ddpm()(spaced(ddpm(), times(12), "angle"))
    angles = torch.atan2(sigma, alpha)
    torch.testing.assert_close(angles, torch.linspace(angles[0], 0, 13), rtol=1e-5, atol=0)


@every_schedule
@pytest.mark.parametrize("spacing, named", [("karras", "karras"), ("logsnr", "exponential")])
def test_noise_levels_between_001_and_80_are_those_of_diffusers(spacing, named, schedule):
    """Karras et al. 2022, equation 5, and equidistant logarithms."""
    theirs = EDMDPMSolverMultistepScheduler(sigma_min=0.01, sigma_max=80.0, sigma_schedule=named)
    theirs.set_timesteps(12)
    start = time_at(schedule, 80.0)
    alpha, sigma = schedule(spaced(schedule, torch.linspace(start, 0, 13), spacing))
    torch.testing.assert_close(sigma / alpha, theirs.sigmas.double(), rtol=1e-4, atol=0)


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("name", methods("samplers"))
def test_every_sampler_takes_every_spacing(name, spacing):
    """It is the same sampler at other times; `boost` from its first time and without its boost."""
    denoiser, x, grid = three().denoiser(ddpm()), torch.randn(6, 2), times(5, 0.9)
    given = {"scale": 0.0, "level": ddpm().sigma(grid[0]) / ddpm().alpha(grid[0])}
    sampler = partial(load_method("samplers", name), **given if name == "boost" else {})
    ours, expected = (
        torch.stack(list(sampler(denoiser, x, at, streams(0, range(6)), spacing=put)))
        for at, put in ((grid, spacing), (spaced(ddpm(), grid, spacing), "time"))
    )
    torch.testing.assert_close(ours, expected)


def test_boost_puts_its_own_interval_on_the_grid():
    seen = []
    denoiser = Plain(lambda x, t: seen.append(t) or 0.5 * x, cosine())
    list(boost(denoiser, torch.randn(2, 1), times(4), level=3.0, spacing="logsnr"))
    first, last = (cosine().sigma(t) / cosine().alpha(t) for t in (seen[0], seen[-1]))
    torch.testing.assert_close(torch.stack([first, last]), torch.tensor([3.0, 0.01]))


@every_schedule
@pytest.mark.parametrize("spacing", SPACINGS)
def test_edm_without_churn_is_heun(spacing, schedule):
    denoiser, x = three().denoiser(schedule), torch.randn(6, 2)
    ours, expected = (
        list(sampler(denoiser, x, times(7), spacing=spacing))
        for sampler in (partial(edm, churn=0.0), heun)
    )
    assert all(torch.equal(a, b) for a, b in zip(ours, expected, strict=True))


@every_schedule
def test_churn_raises_the_noise_level_as_in_algorithm_2(schedule):
    """In y = x / alpha: t_hat = (1 + gamma) t, y_hat = y + sqrt(t_hat^2 - t^2) noise."""
    x, z, t = torch.randn(5, 2), torch.randn(5, 2), torch.tensor(0.4)
    (alpha, sigma), (higher, later) = schedule(t), raised(schedule, x, t, 0.3, z)
    level, there = sigma / alpha, schedule(later)
    torch.testing.assert_close(there[1] / there[0], 1.3 * level)
    expected = x / alpha + ((1.3 * level) ** 2 - level**2).sqrt() * z
    torch.testing.assert_close(higher / there[0], expected)


@every_schedule
def test_churn_keeps_the_law_of_a_gaussian(schedule):
    """Up to the error of Heun's steps, which the churn would otherwise add up; mean .5, std .7."""
    law, n = gaussian(0.7, 0.5), 20_000
    randn = streams(0, range(n))
    x = schedule.sigma(torch.tensor(1.0)) * randn(torch.empty(n, 1))
    given = {"churn": 20.0, "low": 0.0, "high": 80.0, "noise": 1.0, "spacing": "angle"}
    *_, x = edm(law.denoiser(schedule), x, times(40), randn, **given)
    assert x.mean().item() == pytest.approx(0.5, abs=0.02)
    assert x.std().item() == pytest.approx(0.7, rel=0.02)


def test_edm_recovers_the_mixture_by_different_points_than_heun():
    law, n = two(), 4096
    real, _ = law.sample(n, torch.Generator().manual_seed(9))
    randn = streams(0, range(n))
    x = randn(torch.empty(n, 2))
    *_, stochastic = edm(law.denoiser(cosine()), x, times(40), randn, noise=1.0)
    assert mmd(stochastic, real) < 8.5e-4  # the 99 % quantile between exact draws
    *_, flow = heun(law.denoiser(cosine()), x, times(40), spacing="karras")
    assert (stochastic - flow).norm(dim=1).median() > 0.1


def test_edm_calls_twice_a_step_and_once_for_the_last_and_refuses_draws():
    counter = Counter()
    denoiser = counted(Plain(lambda x, t: 0.5 * x, cosine()), counter)
    list(edm(denoiser, torch.randn(3, 1), times(7)))
    assert counter.calls == 13
    with pytest.raises(InputError, match="edm needs the posterior mean"):
        edm(three().denoiser(cosine(), draws=True), torch.randn(3, 2), times(3))
