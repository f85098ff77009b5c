"""Instability scores of exact denoisers against their closed forms."""

import pytest
import torch
from torch import Tensor

from scorefield.core.denoiser import Counter, Plain, counted
from scorefield.core.exact import Mixture
from scorefield.core.schedule import Schedule, cosine
from scorefield.instability.drift import drift, time_of_lower_noise
from scorefield.instability.eigenvalue import eigenvalue
from scorefield.instability.frobenius import frobenius
from scorefield.instability.martingale import martingale
from scorefield.instability.minority import minority
from scorefield.instability.original import original
from scorefield.instability.renoise import renoise
from scorefield.instability.trace import trace
from tests.helpers.laws import SCHEDULES, Signs, gaussian, three

pytestmark = pytest.mark.usefixtures("double")
T = torch.tensor(0.5)


def fixed(alpha: float, sigma: float) -> Schedule:
    """One noise level at every time."""
    return Schedule(lambda t: alpha + 0 * t, lambda t: sigma + 0 * t)


LEVEL = fixed(0.8, 0.6)
POINT = torch.tensor([[1.0, 0.6]], dtype=torch.float64)


def pair() -> Mixture:
    return Mixture(torch.full((2,), 0.5), torch.tensor([[1.0], [-1.0]]), torch.zeros(2, 1, 1))


def slope(law: Mixture, schedule: Schedule, x: Tensor, t: Tensor) -> Tensor:
    """dm/dx (B, D, D) by automatic differentiation."""
    return torch.vmap(torch.func.jacrev(lambda row: law.denoiser(schedule)(row[None], t)[0]))(x)


def count(score, **knobs):
    counter = Counter()
    score(counted(Plain(lambda x, t: x.tanh(), cosine()), counter), torch.randn(3, 2), T, **knobs)
    return counter.calls


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("t", [0.2, 0.5, 0.8])
def test_trace_is_that_of_the_posterior_covariance(schedule, t):
    law, t = three(), torch.tensor(t)
    alpha, sigma = schedule(t)
    x = alpha * law.sample(300)[0] + sigma * torch.randn(300, 2)
    found = trace(law.denoiser(schedule), x, t, Signs(), probes=2, step=0.05)
    due = law.covariance(schedule, x, t).diagonal(dim1=1, dim2=2).sum(1)
    assert ((found - due).abs() / due).max() < 0.01


def test_trace_has_the_published_value_on_three_gaussians():
    found = trace(three().denoiser(LEVEL), POINT, T, Signs(), probes=2, step=0.05)
    assert found.item() == pytest.approx(1.328168, abs=1e-6)
    assert three().covariance(LEVEL, POINT, T).diagonal(dim1=1, dim2=2).sum().item() == (
        pytest.approx(1.328343, abs=1e-6)
    )


def test_the_slope_of_the_denoiser_is_the_posterior_covariance():
    """dm/dx = (alpha / sigma^2) C."""
    law, x = three(), torch.randn(50, 2)
    torch.testing.assert_close(
        slope(law, LEVEL, x, T), 0.8 / 0.36 * law.covariance(LEVEL, x, T), rtol=1e-9, atol=1e-9
    )


def test_the_mean_trace_is_the_squared_error_of_the_denoiser():
    law, n = three(), 100_000
    x0, _ = law.sample(n)
    x = 0.8 * x0 + 0.6 * torch.randn(n, 2)
    found = trace(law.denoiser(LEVEL), x, T, Signs(), probes=2, step=0.05)
    error = (law.denoiser(LEVEL)(x, T) - x0).square().sum(1)
    assert found.mean().item() == pytest.approx(error.mean().item(), rel=0.02)


def test_variances_of_coordinates_are_the_diagonal_of_the_covariance():
    law, x = three(), torch.randn(20, 2)
    found = trace(law.denoiser(LEVEL), x, T, Signs(), per_pixel=True, probes=2, step=0.05)
    due = law.covariance(LEVEL, x, T).diagonal(dim1=1, dim2=2)
    torch.testing.assert_close(found, due, rtol=0.02, atol=1e-3)


def test_the_original_score_tends_to_the_squared_slope():
    """Two points at 1 and -1, x = .5: step^2 (dm/dx)^2 with dm/dx = .7841166."""
    x = torch.full((400_000, 1), 0.5)
    for step, value in ((0.03, 5.62741e-4), (0.05, 1.609212e-3)):
        found = original(pair().denoiser(LEVEL), x, T, probes=1, step=step)
        assert found.mean().item() == pytest.approx(value, rel=0.01)
    found = original(pair().denoiser(LEVEL), x, T, probes=1, step=1e-4)
    assert found.mean().item() == pytest.approx(1e-8 * 0.7841166**2, rel=0.01)


def test_frobenius_of_a_gaussian_is_its_shrinkage_squared():
    """N(0, v I): dm/dz = v / (v + rho^2) I, so |J_z|_F^2 / d = .3076923^2 for v = 1/4."""
    law, x = gaussian(0.5, dim=2), torch.randn(100_000, 2)
    found = frobenius(law.denoiser(LEVEL), x, T, probes=1, step=0.05)
    assert found.mean().item() == pytest.approx(0.3076923**2, rel=0.01)


def test_renewed_noise_has_the_published_variance_and_bias():
    x = POINT.expand(100_000, 2)
    given = three().denoiser(LEVEL), x, T
    assert renoise(*given, probes=2).mean().item() == pytest.approx(0.819809, rel=0.01)
    assert minority(*given, probes=1).mean().item() == pytest.approx(0.885447, rel=0.01)


def test_the_largest_eigenvalue_is_that_of_the_slope_and_above_one_at_the_saddle():
    law = three()
    given = {"iterations": 20, "step": 0.05}
    found = eigenvalue(law.denoiser(LEVEL), POINT, T, **given)
    assert found.item() == pytest.approx(2.020910, rel=0.01)
    saddle = torch.zeros(1, 1)
    found = eigenvalue(pair().denoiser(LEVEL), saddle, T, **given)
    assert found.item() == pytest.approx(1.7777778, rel=0.01)


def test_drift_under_the_exact_reverse_kernel_is_the_difference_of_traces():
    """x_s drawn with an x_0 from the posterior, in place of the mean."""
    law, n, schedule, t = three(), 200_000, cosine(), torch.tensor(0.6)
    s = time_of_lower_noise(schedule, t, 0.7)
    (alpha, sigma), (alpha_s, sigma_s) = schedule(t), schedule(s)
    x0, _ = law.sample(n)
    x_s = alpha_s * x0 + sigma_s * torch.randn(n, 2)
    ratio = alpha / alpha_s
    x_t = ratio * x_s + (sigma**2 - (ratio * sigma_s) ** 2).sqrt() * torch.randn(n, 2)
    moved = law.denoiser(schedule)(x_s, s) - law.denoiser(schedule)(x_t, t)
    total = lambda x, t: law.covariance(schedule, x, t).diagonal(dim1=1, dim2=2).sum(1).mean()
    due = total(x_t, t) - total(x_s, s)
    assert moved.square().sum(1).mean().item() == pytest.approx(due.item(), rel=0.02)


def test_the_gaussian_step_has_the_published_residual_and_drift():
    """From (.8, .6) to (.8660254, .5): residual norm .141105, mean squared move .358772."""
    t = 2 / torch.pi * torch.tensor(0.75).atan()
    given = three().denoiser(cosine()), POINT.expand(1000, 2), t
    shrink = 3**-0.5 / 0.75
    residual = martingale(*given, probes=200, shrink=shrink)
    assert residual.mean().item() == pytest.approx(0.141105, rel=0.02)
    moved = drift(*given, probes=50, shrink=shrink)
    assert moved.mean().item() == pytest.approx(0.358772, rel=0.02)


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_the_quieter_time_has_the_noise_level_asked_for(schedule):
    t = torch.tensor([[0.3], [0.6], [0.9]])
    (alpha, sigma), (a, s) = schedule(t), schedule(time_of_lower_noise(schedule, t, 0.7))
    torch.testing.assert_close(s / a, 0.7 * sigma / alpha)


@pytest.mark.parametrize(
    "score, knobs, calls",
    [
        (original, {"probes": 5, "step": 0.05}, 6),
        (frobenius, {"probes": 5, "step": 0.05}, 10),
        (trace, {"probes": 5, "step": 0.05}, 10),
        (renoise, {"probes": 5}, 6),
        (minority, {"probes": 5}, 6),
        (eigenvalue, {"iterations": 5, "step": 0.05}, 10),
        (drift, {"probes": 6, "shrink": 0.7}, 7),
        (martingale, {"probes": 6, "shrink": 0.7}, 7),
    ],
)
def test_network_calls_are_what_the_docstring_says(score, knobs, calls):
    assert count(score, **knobs) == calls
