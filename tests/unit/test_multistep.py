"""Multistep samplers, on laws whose flow is known, and beside diffusers."""

from functools import partial
from math import log2

import pytest
import torch
from diffusers import DPMSolverMultistepScheduler, UniPCMultistepScheduler
from torchdiffeq import odeint

from scorefield.core.denoiser import Counter, Plain, counted, velocity
from scorefield.core.errors import InputError
from scorefield.core.noise import streams
from scorefield.core.schedule import cosine, ddpm, time_at, times
from scorefield.metrics.mmd import mmd
from scorefield.samplers._multistep import log_snr
from scorefield.samplers.adams import adams, cosines
from scorefield.samplers.dpmpp import dpmpp
from scorefield.samplers.unipc import unipc
from tests.helpers.laws import SCHEDULES, gaussian, three, two

pytestmark = pytest.mark.usefixtures("double")
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
every_rule = pytest.mark.parametrize("rule", [log_snr, cosines])
EVERY = (dpmpp, unipc, adams)


def last(steps):
    *_, x = steps
    return x


@pytest.fixture(scope="module", params=SCHEDULES)
def flow(request):
    """An exact denoiser, 200 points at t = .95, and where their flow ends at t = .05."""
    torch.set_default_dtype(torch.float64)
    denoiser = three().denoiser(SCHEDULES[request.param])
    clean, _ = three().sample(200, torch.Generator().manual_seed(0))
    x = denoiser.schedule.add_noise(clean, 0.95, seed=0)
    ends, precise = torch.tensor([0.95, 0.05]), {"rtol": 1e-10, "atol": 1e-10}
    found = odeint(lambda t, x: velocity(denoiser, x, t), x, ends, **precise, method="dopri8")[-1]
    torch.set_default_dtype(torch.float32)
    return denoiser, x, found


def observed_order(sampler, flow, coarse):
    """From the errors at so many steps and at twice as many."""
    denoiser, x, end = flow
    grids = (torch.linspace(0.95, 0.05, n + 1) for n in (coarse, 2 * coarse))
    errors = [(last(sampler(denoiser, x, grid, spacing="time")) - end).norm() for grid in grids]
    return log2(errors[0] / errors[1])


@pytest.mark.parametrize(
    "sampler, order, found", [(dpmpp, 2, 2), (unipc, 2, 3), (adams, 1, 2), (adams, 2, 3)]
)
def test_converges_at_its_order_on_a_mixture_and_a_corrector_adds_one(sampler, order, found, flow):
    assert observed_order(partial(sampler, order=order), flow, 256) == pytest.approx(found, abs=0.2)


@pytest.mark.parametrize("sampler, least", [(dpmpp, 2), (unipc, 3), (adams, 3)])
def test_order_3_converges_at_least_as_its_first_step_allows(sampler, least, flow):
    assert observed_order(partial(sampler, order=3), flow, 64) > least - 0.1


@every_schedule
@pytest.mark.parametrize("values", [1, 2, 3, 4])
@every_rule
def test_a_step_from_exact_values_has_an_error_of_one_order_more_than_their_number(
    rule, values, schedule
):
    """Along the flow of N(.5, .49) both x_t and x_0 are known."""

    def state(t):
        alpha, sigma = schedule(t)
        wide = (alpha**2 * 0.49 + sigma**2).sqrt()
        return alpha * 0.5 + wide, 0.5 + alpha * 0.49 / wide

    def error(h):
        nodes = 0.6 + h * torch.arange(values - 1, -1, -1.0)
        t, s = nodes[-1], nodes[-1] - h
        x = schedule.sigma(s) / schedule.sigma(t) * state(t)[0]
        return (x + rule(schedule, nodes, t, s) @ state(nodes)[1] - state(s)[0]).abs()

    assert log2(error(0.02) / error(0.01)) == pytest.approx(values + 1, abs=0.35)


@every_schedule
@pytest.mark.parametrize("number", [1, 2, 3])
@every_rule
def test_a_constant_is_integrated_exactly_from_pure_noise_and_to_the_data(rule, number, schedule):
    for *before, t, s in times(6).unfold(0, number + 1, 1):
        if s == 0 and rule is log_snr:
            before = []
        (alpha, sigma), (a, b) = schedule(t), schedule(s)
        total = rule(schedule, torch.stack([*before, t]), t, s).sum()
        torch.testing.assert_close(total, a - alpha * b / sigma, rtol=1e-9, atol=1e-12)


@every_schedule
def test_cosines_integrate_a_cosine_in_closed_form(schedule):
    """sin(s) times the integral of cos / sin^2 is 1 - sin(s) / sin(t)."""
    t, s = torch.tensor([0.7, 0.3])
    (alpha, sigma), (a, b) = schedule(t), schedule(s)
    n, m = (alpha**2 + sigma**2).sqrt(), (a**2 + b**2).sqrt()
    nodes = torch.tensor([0.9, 0.8, 0.7])
    scales = schedule(nodes)
    cosine_of_nodes = scales[0] / (scales[0] ** 2 + scales[1] ** 2).sqrt()
    found = cosines(schedule, nodes, t, s) @ cosine_of_nodes
    torch.testing.assert_close(found, m * (1 - b / m / (sigma / n)), rtol=1e-9, atol=0)


GRIDS = ({"timestep_spacing": "trailing"}, {"use_exponential_sigmas": True})


@torch.no_grad()
@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # diffusers and NumPy 2
@pytest.mark.parametrize("steps", [8, 25])
@pytest.mark.parametrize("given", GRIDS, ids=("trailing", "exponential"))
@pytest.mark.parametrize(
    "ours, theirs, order",
    [
        (dpmpp, DPMSolverMultistepScheduler, 2),
        (unipc, UniPCMultistepScheduler, 2),
        (unipc, UniPCMultistepScheduler, 3),
    ],
)
def test_equals_diffusers_on_the_same_denoiser_noise_and_grid(ours, theirs, order, given, steps):
    torch.set_default_dtype(torch.float32)  # diffusers' tables are in float32
    denoiser, x = three().denoiser(ddpm()), torch.randn(16, 2)
    scheduler = theirs(
        1000, 1e-4, 0.02, "linear", solver_order=order, prediction_type="sample", **given
    )
    scheduler.set_timesteps(steps)
    grid = torch.cat([time_at(ddpm(), scheduler.sigmas[:-1].double()), torch.zeros(1)])
    found = x
    for i, index in enumerate(scheduler.timesteps):
        found = scheduler.step(denoiser(found, grid[i]), index, found).prev_sample
    mine = last(ours(denoiser, x, grid, order=order, spacing="time"))
    torch.testing.assert_close(mine, found, rtol=2e-4, atol=2e-4)


@every_schedule
@pytest.mark.parametrize("sampler", EVERY)
def test_the_last_step_lands_on_the_flow_of_a_gaussian(sampler, schedule):
    law, z, start = gaussian(0.7, 0.5), torch.linspace(-2, 2, 9)[:, None], times(100, 0.999)
    alpha, sigma = schedule(start[0])
    x = alpha * 0.5 + (alpha**2 * 0.49 + sigma**2).sqrt() * z
    x = last(sampler(law.denoiser(schedule), x, start))
    torch.testing.assert_close(x, 0.5 + 0.7 * z, atol=2e-3, rtol=0)


@pytest.mark.parametrize("sampler", EVERY)
def test_twenty_calls_on_the_exact_denoiser_recover_the_mixture(sampler):
    law, n = two(), 4096
    real, _ = law.sample(n, torch.Generator().manual_seed(9))
    x = streams(0, range(n))(torch.empty(n, 2))
    x = last(sampler(law.denoiser(cosine()), x, times(20)))
    assert mmd(x, real) < 8.5e-4  # the 99 % quantile between exact draws


@pytest.mark.parametrize("sampler", EVERY)
def test_a_step_is_one_call_and_keeps_the_type_of_its_points(sampler):
    counter, steps = Counter(), []
    denoiser = counted(Plain(lambda x, t: 0.5 * x, cosine()), counter)
    for x in sampler(denoiser, torch.randn(3, 1, 8, 8, dtype=torch.float32), times(7)):
        steps.append((counter.calls, x.dtype))
    assert steps == [(i, torch.float32) for i in range(1, 8)]


@pytest.mark.parametrize("sampler", EVERY)
def test_a_denoiser_that_draws_is_refused_before_the_first_step(sampler):
    with pytest.raises(InputError, match=f"{sampler.__name__} needs the posterior mean"):
        sampler(three().denoiser(cosine(), draws=True), torch.randn(3, 2), times(3))
