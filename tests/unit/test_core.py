import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler
from torch.func import jacrev, vmap

from scorefield.core.bridge import bridge, posterior_ratio
from scorefield.core.denoiser import noise, score, velocity
from scorefield.core.errors import InputError
from scorefield.core.model import Model, loss_weight, read_x0
from scorefield.core.noise import streams
from scorefield.core.schedule import Schedule, cosine, ddpm, linear
from tests.helpers.laws import SCHEDULES, gaussian, random_mixture, three, two

pytestmark = pytest.mark.usefixtures("double")
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
FIXED = Schedule(lambda t: torch.full_like(t, 0.8), lambda t: torch.full_like(t, 0.6))


def test_the_continuous_ddpm_schedule_meets_the_table_at_every_node():
    table = DDPMScheduler(1000, 1e-4, 0.02, "linear").alphas_cumprod.double()
    alpha, sigma = ddpm()(torch.arange(1, 1001) / 1000)
    torch.testing.assert_close(alpha**2, table, rtol=5e-5, atol=0)  # their table is in float32
    exact = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0)
    torch.testing.assert_close(alpha**2, exact, rtol=1e-9, atol=0)
    torch.testing.assert_close(sigma**2, 1 - exact, rtol=1e-6, atol=0)


@every_schedule
def test_noise_grows_from_none_to_all_and_single_precision_agrees(schedule):
    t = torch.linspace(0, 1, 1001)
    alpha, sigma = schedule(t)
    assert alpha[0] == 1 and sigma[0] == 0 and (alpha / sigma)[1:].diff().lt(0).all()
    for single, whole in zip(schedule(t.float()), (alpha, sigma), strict=True):
        torch.testing.assert_close(single.double(), whole, atol=3e-7, rtol=0)


@every_schedule
def test_the_score_is_the_gradient_of_log_density(schedule):
    law, t = random_mixture(3, 2), torch.tensor(0.4)
    x = torch.randn(16, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(law.log_prob(schedule, x, t).sum(), x)
    torch.testing.assert_close(score(law.denoiser(schedule), x, t), gradient)


@every_schedule
def test_the_velocity_moves_a_gaussian_along_its_exact_flow(schedule):
    law, z = gaussian(0.3, 1.7), torch.randn(8, 1)

    def flow(t):
        alpha, sigma = schedule(t)
        return alpha * 1.7 + (alpha**2 * 0.09 + sigma**2).sqrt() * z

    t = torch.tensor(0.6)
    slope = (flow(t + 1e-6) - flow(t - 1e-6)) / 2e-6
    found = velocity(law.denoiser(schedule), flow(t), t)
    torch.testing.assert_close(found, slope, rtol=1e-6, atol=1e-7)


@every_schedule
@pytest.mark.parametrize("predict", ["x0", "eps", "v", "flow"])
def test_every_parameterisation_reads_back_data_and_weighs_its_own_error(schedule, predict):
    x0, z, error = torch.randn(3, 9, 2)
    alpha, sigma = schedule(torch.rand(9, 1) * 0.8 + 0.1)
    x = alpha * x0 + sigma * z
    target = {"x0": x0, "eps": z, "v": alpha * z - sigma * x0, "flow": z - x0}[predict]
    torch.testing.assert_close(read_x0(predict, target, x, alpha, sigma), x0)
    off = read_x0(predict, target + error, x, alpha, sigma) - x0
    torch.testing.assert_close(loss_weight(predict, alpha, sigma) * off**2, error**2)


def test_eps_is_refused_where_pure_noise_says_nothing_of_x0():
    with pytest.raises(InputError, match="alpha"):
        Model(torch.nn.Identity(), cosine(), "eps", [2])
    Model(torch.nn.Identity(), ddpm(), "eps", [2])


def test_a_mixture_under_noise_has_the_published_values():
    """alpha .8, sigma .6, x (1, .6): values by numpy, to their last digit."""
    law, x, t = three(), torch.tensor([[1.0, 0.6]]), torch.tensor(0.5)
    assert law.log_prob(FIXED, x, t).item() == pytest.approx(-2.945535, abs=1e-6)
    np.testing.assert_allclose(law.denoiser(FIXED)(x, t)[0], [0.849011, 0.398766], atol=1e-6)
    gradient = score(law.denoiser(FIXED), x, t)[0]
    np.testing.assert_allclose(gradient, [-0.891087, -0.780520], atol=1e-6)
    expected = [[1.060150, 0.257958], [0.257958, 0.268193]]
    np.testing.assert_allclose(law.covariance(FIXED, x, t)[0], expected, atol=1e-6)


@every_schedule
def test_posterior_covariance_is_the_jacobian_of_the_posterior_mean(schedule):
    law, x, t = random_mixture(4, 3), torch.randn(6, 3), torch.tensor(0.5)
    alpha, sigma = schedule(t)
    mean = law.denoiser(schedule)
    jacobian = vmap(jacrev(lambda y: mean(y[None], t)[0]))(x)
    torch.testing.assert_close(sigma**2 / alpha * jacobian, law.covariance(schedule, x, t))


def test_posterior_draws_have_the_posterior_moments():
    """Linear, t = .5, x_t = (.2, 1): mean (1.866264, 2.8), variance (2.769259, .2)."""
    n, law = 200_000, two()
    x = torch.tensor([[0.2, 1.0]]).expand(n, 2)
    source = torch.Generator().manual_seed(0)
    randn = lambda like: torch.randn(like.shape, generator=source)
    draws = law.draw(linear(), x, torch.tensor(0.5), randn(x))
    np.testing.assert_allclose(draws.mean(0), [1.866264, 2.8], atol=0.015)
    np.testing.assert_allclose(draws.var(0), [2.769259, 0.2], rtol=0.02)


def test_mixture_samples_follow_the_law():
    law = random_mixture(3, 2)
    x, k = law.sample(200_000)
    mean = (law.weight[:, None] * law.mean).sum(0)
    apart = law.mean - mean
    cov = (law.weight[:, None, None] * (law.cov + apart[:, :, None] * apart[:, None])).sum(0)
    torch.testing.assert_close(x.mean(0), mean, atol=0.01, rtol=0)
    torch.testing.assert_close(x.T.cov(), cov, atol=0.03, rtol=0)
    torch.testing.assert_close(k.bincount() / len(k), law.weight, atol=0.005, rtol=0)


def parts(schedule, t, s, rho):
    """What of x_0, z and fresh noise is in x_s, read off the bridge by linearity."""
    alpha, sigma = schedule(t)
    one, nil = torch.ones(1, 1), torch.zeros(1, 1)
    step = lambda x0, z, fresh: bridge(
        schedule, alpha * x0 + sigma * z, x0, t, s, rho, lambda _: fresh
    ).item()
    return step(one, nil, nil), step(nil, one, nil), step(nil, nil, one)


@every_schedule
def test_the_bridge_keeps_the_marginal_for_any_times_and_churn(schedule):
    for _ in range(300):
        t, s = torch.rand(2).sort(descending=True).values
        churn = torch.rand(())
        rho = 1 - churn**2 * (1 - posterior_ratio(schedule, t, s))
        data, old, fresh = parts(schedule, t, s, rho)
        alpha, sigma = schedule(s)
        assert data == pytest.approx(alpha.item(), abs=1e-12)
        assert old**2 + fresh**2 == pytest.approx(sigma.item() ** 2, abs=1e-12)


@pytest.mark.parametrize(
    "schedule, s, t, churn, from_x, from_x0, fresh",
    [
        (linear(), 0.3, 0.8, 0.6, 0.254464, 0.649107, 0.220360),
        (linear(), 0.5, 0.75, 1.0, 0.222222, 0.444444, 0.471405),
        (linear(), 0.5, 0.75, 0.0, 0.666667, 0.333333, 0.0),
        (linear(), 0.5, 1.0, 0.5, 0.375, 0.5, 0.330719),
        (cosine(), 0.3, 0.8, 0.6, 0.333957, 0.787808, 0.324392),
    ],
)
def test_bridge_coefficients_have_the_published_values(
    schedule, s, t, churn, from_x, from_x0, fresh
):
    s, t = torch.tensor(s), torch.tensor(t)
    rho = 1 - churn**2 * (1 - posterior_ratio(schedule, t, s))
    one, nil = torch.ones(1, 1), torch.zeros(1, 1)
    step = lambda x, x0, z: bridge(schedule, x, x0, t, s, rho, lambda _: z).item()
    found = step(one, nil, nil), step(nil, one, nil), step(nil, nil, one)
    assert found == pytest.approx((from_x, from_x0, fresh), abs=1e-6)


def test_noise_of_a_sample_depends_on_seed_and_index_alone():
    alone, among, other = streams(7, [5]), streams(7, range(10)), streams(8, [5])
    for _ in range(3):
        x = among(torch.empty(10, 2, 3))
        torch.testing.assert_close(alone(torch.empty(1, 2, 3))[0], x[5], rtol=0, atol=0)
        assert not torch.equal(other(torch.empty(1, 2, 3))[0], x[5])


def test_noise_is_standard_normal_and_independent_between_samples():
    x = streams(0, range(2000))(torch.empty(2000, 50))
    assert x.mean().abs() < 0.01 and (x.std() - 1).abs() < 0.01
    assert (x[:-1] * x[1:]).mean().abs() < 0.01


def test_noise_read_off_a_point_mass_is_the_noise_put_in():
    law, schedule, z = gaussian(1e-9, 2.0), linear(), torch.randn(5, 1)
    x = 0.7 * 2.0 + 0.3 * z
    torch.testing.assert_close(noise(law.denoiser(schedule), x, torch.tensor(0.3)), z)
