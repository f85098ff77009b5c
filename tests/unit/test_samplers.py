from functools import partial
from math import log2

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler
from torchdiffeq import odeint

from scorefield.core.denoiser import Chunk, Counter, Plain, counted, velocity
from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.schedule import cosine, ddpm, times
from scorefield.metrics.mmd import mmd
from scorefield.nets.mlp import MLP
from scorefield.samplers.ancestral import ancestral
from scorefield.samplers.ddim import ddim
from scorefield.samplers.heun import heun
from tests.helpers.laws import SCHEDULES, gaussian, three, two

pytestmark = pytest.mark.usefixtures("double")
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)


def flow_error(sampler, schedule, steps):
    """Root mean square error against the exact flow of N(.5, .49) from t = .95 to t = .05."""
    law, z = gaussian(0.7, 0.5), torch.randn(64, 1, generator=torch.Generator().manual_seed(0))

    def flow(t):
        alpha, sigma = schedule(t)
        return alpha * 0.5 + (alpha**2 * 0.49 + sigma**2).sqrt() * z

    grid = torch.linspace(0.95, 0.05, steps + 1)
    *_, x = sampler(law.denoiser(schedule), flow(grid[0]), grid)
    return (x - flow(grid[-1])).square().mean().sqrt().item()


@every_schedule
@pytest.mark.parametrize("sampler, order", [(ddim, 1), (heun, 2)])
def test_converges_at_its_order(sampler, order, schedule):
    coarse, fine = flow_error(sampler, schedule, 256), flow_error(sampler, schedule, 512)
    assert log2(coarse / fine) == pytest.approx(order, abs=0.15)


@every_schedule
def test_many_steps_of_heun_are_the_flow_of_a_mixture_by_another_solver(schedule):
    """Dormand and Prince's method of torchdiffeq on the exact denoiser, from noise to data."""
    law, clock = three(), torch.tensor([0.95, 0.05])
    denoiser = law.denoiser(schedule)
    x = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
    flow = lambda t, x: velocity(denoiser, x, t)
    expected = odeint(flow, x, clock, rtol=1e-6, atol=1e-6, method="dopri5")[-1]
    *_, found = heun(denoiser, x, torch.linspace(0.95, 0.05, 401))
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=0)


@every_schedule
@pytest.mark.parametrize("sampler", [ddim, heun])
def test_the_last_step_lands_on_the_flow_of_a_gaussian(sampler, schedule):
    law, z = gaussian(0.7, 0.5), torch.linspace(-2, 2, 9)[:, None]
    start = times(400, 0.999)
    alpha, sigma = schedule(start[0])
    x = alpha * 0.5 + (alpha**2 * 0.49 + sigma**2).sqrt() * z
    *_, x = sampler(law.denoiser(schedule), x, start)
    torch.testing.assert_close(x, 0.5 + 0.7 * z, atol=0.01, rtol=0)


@every_schedule
@pytest.mark.parametrize("churn", [0.3, 1.0])
def test_churn_keeps_a_gaussian(churn, schedule):
    """Posterior draws are exact at any number of steps and any churn; so is their variance."""
    law = gaussian(0.5)
    x = torch.randn(40_000, 1)
    *_, x = ancestral(law.denoiser(schedule, draws=True), x, times(6), churn=churn)
    assert x.std().item() == pytest.approx(0.5, rel=0.02)


def test_an_ancestral_step_is_the_published_posterior():
    """Ho et al. 2020, equations 6 and 7: mean and variance of q(x_{k-1} | x_k, x_0)."""
    beta = torch.linspace(1e-4, 0.02, 1000)
    bar = torch.cumprod(1 - beta, 0)
    x, x0 = torch.randn(5, 1), torch.randn(5, 1)
    certain = Plain(lambda *_: x0, ddpm())
    for k in (1, 10, 500, 999):
        mean = bar[k - 1].sqrt() * beta[k] / (1 - bar[k]) * x0
        mean = mean + (1 - beta[k]).sqrt() * (1 - bar[k - 1]) / (1 - bar[k]) * x
        std = ((1 - bar[k - 1]) / (1 - bar[k]) * beta[k]).sqrt()
        grid = torch.tensor([k + 1, k]) / 1000
        for z, expected in ((0.0, mean), (1.0, mean + std)):
            noise = partial(torch.full_like, fill_value=z)
            (found,) = ancestral(certain, x, grid, noise, churn=1.0)
            torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)


def eps_model():
    torch.set_default_dtype(torch.float32)  # diffusers' tables are in float32
    torch.manual_seed(1)
    return Model(MLP(2, 32, 2), ddpm(), "eps", [2])


@torch.no_grad()
def test_ddim_agrees_with_diffusers_on_the_same_network_and_noise():
    model, x = eps_model(), torch.randn(16, 2)
    theirs, scheduler = x, DDIMScheduler(1000, 1e-4, 0.02, "linear", clip_sample=False)
    scheduler.set_timesteps(50)
    for index in scheduler.timesteps:
        out = model.net(theirs, (index + 1) / 1000)
        theirs = scheduler.step(out, index, theirs).prev_sample
    grid = torch.cat([scheduler.timesteps + 1, torch.tensor([0])]).double() / 1000
    *_, ours = ddim(model, x, grid)
    torch.testing.assert_close(ours, theirs, rtol=2e-4, atol=2e-4)


@torch.no_grad()
def test_ancestral_agrees_with_diffusers_on_the_same_network_and_noise():
    model, x = eps_model(), torch.randn(16, 2)
    theirs, scheduler = x, DDPMScheduler(1000, 1e-4, 0.02, "linear", clip_sample=False)
    source = torch.Generator().manual_seed(3)
    for index in range(999, 900, -1):
        out = model.net(theirs, torch.tensor((index + 1) / 1000))
        theirs = scheduler.step(out, index, theirs, generator=source).prev_sample
    source = torch.Generator().manual_seed(3)
    randn = lambda like: torch.randn(like.shape, generator=source)
    grid = torch.arange(1000, 900, -1).double() / 1000
    *_, ours = ancestral(model, x, grid, randn, churn=1.0)
    torch.testing.assert_close(ours, theirs, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize(
    "sampler, steps, given",
    [
        (ddim, 64, {}),
        (heun, 24, {}),
        (ancestral, 64, {"churn": 1.0}),
        (ancestral, 64, {"churn": 0.5}),
    ],
)
def test_sampling_the_exact_denoiser_recovers_the_mixture(sampler, steps, given):
    law, n = two(), 4096
    real, _ = law.sample(n, torch.Generator().manual_seed(9))
    randn = streams(0, range(n))
    x = randn(torch.empty(n, 2))
    *_, x = sampler(law.denoiser(cosine()), x, times(steps), randn, **given)
    assert mmd(x, real) < 8.5e-4  # the 99 % quantile between exact draws


@pytest.mark.parametrize("churn", [0.0, 1.0])
@pytest.mark.parametrize("steps", [1, 4, 50])
def test_posterior_draws_are_at_the_floor_for_any_steps_and_churn(steps, churn):
    law, n = two(), 4096
    real, _ = law.sample(n, torch.Generator().manual_seed(9))
    randn = streams(1, range(n))
    (draw,) = Chunk(randn).bind(law.denoiser(cosine(), draws=True))
    x = randn(torch.empty(n, 2))
    *_, x = ancestral(draw, x, times(steps), randn, churn=churn)
    assert mmd(x, real) < 8.5e-4


@pytest.mark.parametrize("sampler, steps, calls", [(ddim, 7, 7), (heun, 7, 13)])
def test_network_calls_are_what_the_docstring_says(sampler, steps, calls):
    counter = Counter()
    denoiser = counted(Plain(lambda x, t: 0.5 * x, cosine()), counter)
    list(sampler(denoiser, torch.randn(3, 1), times(steps)))
    assert counter.calls == calls
