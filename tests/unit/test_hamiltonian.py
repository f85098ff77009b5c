"""Hamiltonian paths: motion keeps its energy, and work tells it."""

from math import acos

import numpy as np
import pytest
import torch
from torch import Tensor

from scorefield.core.action import inner, steps, work
from scorefield.core.denoiser import Counter, counted
from scorefield.core.errors import InputError
from scorefield.core.noise_level import NoiseLevel, with_fixed_noise
from scorefield.core.schedule import cosine
from scorefield.guidance.ibg import ibg
from scorefield.paths.hamiltonian import hamiltonian, leapfrog, move
from tests.helpers.laws import gaussian, three
from tests.helpers.three import GAUSSIANS, A, C, exact, log_prob, rotated

pytestmark = pytest.mark.usefixtures("double")


def moved(h: float, field=exact) -> tuple[Tensor, Tensor]:
    start, velocity = A + torch.tensor([0.3, 0.4]), torch.tensor([0.9, 0.5])
    return leapfrog(field, start, velocity, h, round(10 / h))


def test_leapfrog_has_the_harmonic_closed_form():
    s, h, x0, v0 = 0.3, 0.15, 0.2, 0.7
    x, v = leapfrog(lambda x: -x / s**2, torch.tensor([x0]), torch.tensor([v0]), h, 60)
    omega = 1 / s
    bend = 1 - h**2 * omega**2 / 4
    shadow = v**2 / 2 + omega**2 * x**2 * bend / 2
    torch.testing.assert_close(shadow, torch.full_like(shadow, 0.4533333), atol=1e-7, rtol=0)
    assert (shadow.max() - shadow.min()).item() < 1e-12
    k, q = torch.arange(61.0), acos(1 - h**2 * omega**2 / 2)
    expected = x0 * (k * q).cos() + v0 / (omega * bend**0.5) * (k * q).sin()
    torch.testing.assert_close(x[:, 0], expected, atol=1e-12, rtol=0)


def test_energy_error_falls_by_four_as_the_step_is_halved_and_work_knows_it():
    errors, off = [], []
    for h in (0.2, 0.1, 0.05, 0.025):
        x, v = moved(h)
        kinetic, rise = inner(v, v) / 2, log_prob(x)
        energy = kinetic - rise
        errors.append((energy - energy[0]).abs().max().item())
        off.append((work(exact, x) - (rise - rise[0])).abs().max().item())
    np.testing.assert_allclose(errors, [9.275e-3, 2.290e-3, 5.708e-4, 1.426e-4], rtol=1e-3)
    ratios = np.divide(errors[:-1], errors[1:])
    assert ((ratios > 3.9) & (ratios < 4.1)).all()
    ratios = np.divide(off[:-1], off[1:])
    assert ((ratios > 14) & (ratios < 18)).all()


def test_motion_reverses_to_rounding():
    x, v = moved(0.1)
    back, _ = leapfrog(exact, x[-1], -v[-1], 0.1, len(x) - 1)
    torch.testing.assert_close(back.flip(0), x, atol=1e-11, rtol=0)


@pytest.mark.parametrize("field", [exact, rotated], ids=["gradient", "rotated"])
def test_trapezoid_work_always_conserves_which_is_why_it_is_not_used(field):
    """H_k - H_0 = h^2 / 8 (|b_k|^2 - |b_0|^2) identically, also where there is no energy."""
    h = 0.1
    x, v = moved(h, field)
    b, step = field(x), steps(x)[0]
    trapezoid = torch.cat([torch.zeros(1), inner((b[1:] + b[:-1]) / 2, step).cumsum(0)])
    energy = inner(v, v) / 2 - trapezoid
    size = inner(b, b)
    torch.testing.assert_close(energy - energy[0], h**2 / 8 * (size - size[0]), atol=1e-12, rtol=0)


def test_a_motion_that_aims_at_its_goal_keeps_its_energy_and_reports_its_own_work():
    given = {"step": 0.1, "duration": 6.0, "speed": 2.0, "seed": 0}
    motion = move(exact, 0.74, A, C, velocity="chord", **given)
    torch.testing.assert_close(motion.v[0], 2 * (C - A) / (6 * 0.74))
    drift = (motion.energy() - motion.energy()[0]).abs().max()
    assert drift < 0.01 * motion.kinetic().max()
    rise = log_prob(motion.x)
    torch.testing.assert_close(motion.work, rise - rise[0], atol=1e-4, rtol=0)


def test_a_tangent_start_goes_along_the_widest_axis_of_a_gaussian():
    """x + sigma^2 b = (1 - sigma^2 / (var + sigma^2)) x: most along the largest variance."""
    turn = torch.tensor([[0.6, -0.8], [0.8, 0.6]])
    cov = turn @ torch.diag(torch.tensor([4.0, 0.01])) @ turn.T + 0.25 * torch.eye(2)
    field = lambda x: -x @ torch.linalg.inv(cov)
    given = {"step": 0.1, "duration": 1.0, "speed": 1.0, "seed": 0}
    start, goal = torch.zeros(2), torch.tensor([1.0, 0.0])
    motion = move(field, 0.5, start, goal, velocity="tangent", **given)
    torch.testing.assert_close(motion.v[0] / motion.v[0].norm(), turn[:, 0], atol=1e-3, rtol=0)
    assert motion.v[0].norm().item() == pytest.approx(1 / 0.5)


@pytest.mark.parametrize("speed", [1.0, 0.5])
def test_thermal_starts_have_the_variance_of_temperature_1_whatever_the_goal(speed):
    """The speed's square in every coordinate, within five standard errors, and no mean."""
    start, d = torch.zeros(200, 50), 10_000
    given = {"step": 0.1, "duration": 0.1, "speed": speed, "velocity": "thermal"}
    first = [
        move(lambda x: -x, 1.0, start, start + away, seed=seed, **given).v[0]
        for seed, away in ((0, 1.0), (0, 9.0), (1, 1.0))
    ]
    torch.testing.assert_close(first[0], first[1])
    assert not torch.equal(first[0], first[2])
    assert abs(first[0].var().item() / speed**2 - 1) < 5 * (2 / d) ** 0.5
    assert abs(first[0].mean().item()) < 5 * speed / d**0.5


@pytest.mark.parametrize("make, std", GAUSSIANS.values(), ids=GAUSSIANS)
def test_the_motion_of_any_denoiser_of_a_gaussian_is_a_harmonic_oscillator(make, std):
    """From alpha start towards alpha goal; of variance alpha^2 std^2 + sigma^2 is omega^-2."""
    start, goal = torch.tensor([1.0, -0.5]), torch.tensor([0.2, 0.8])
    motion = hamiltonian(make(), start, goal, noise=0.5)
    sigma = 0.5 / 1.25**0.5
    alpha, h, n = 2 * sigma, 0.1 * sigma, 30
    omega = (alpha**2 * std**2 + sigma**2) ** -0.5
    bend = (1 - h**2 * omega**2 / 4) ** 0.5
    angle = (torch.arange(n + 1.0) * acos(1 - h**2 * omega**2 / 2))[:, None]
    pace = alpha * (goal - start) / (n * h)
    expected = alpha * start * angle.cos() + pace / (omega * bend) * angle.sin()
    torch.testing.assert_close(motion.x, expected, atol=1e-9, rtol=0)
    clean = expected * (1 - sigma**2 * omega**2) / alpha
    torch.testing.assert_close(motion.clean, clean, atol=1e-9, rtol=0)


def test_a_motion_costs_a_call_a_step_and_four_more():
    counter = Counter()
    denoiser = counted(gaussian(1.0, dim=2).denoiser(cosine()), counter)
    motion = hamiltonian(denoiser, torch.zeros(2), torch.ones(2))
    assert len(motion.x) == 31 and counter.calls == 30 + 4


def test_a_motion_under_guidance_that_draws_probes_reverses_to_rounding():
    """Its noise is the same at every call, so that the score is one function of x."""
    denoiser = ibg(three().denoiser(cosine()), scale=0.3, low=0.0, high=9.0)
    level = NoiseLevel(with_fixed_noise(denoiser), 1.0)
    start, pace = torch.tensor([0.3, 0.4]), torch.tensor([0.9, 0.5])
    x, v = leapfrog(level.field(), start, pace, 0.05, 40)
    back, _ = leapfrog(level.field(), x[-1], -v[-1], 0.05, 40)
    torch.testing.assert_close(back.flip(0), x, atol=1e-9, rtol=0)
    each = torch.cat([level.field()(row[None]) for row in x])
    torch.testing.assert_close(level.field()(x), each, atol=1e-9, rtol=0)


def test_a_motion_needs_a_posterior_mean_a_noise_level_and_ends_of_one_shape():
    law, ends = gaussian(1.0, dim=2), (torch.zeros(2), torch.ones(2))
    denoiser = law.denoiser(cosine())
    with pytest.raises(InputError, match="a path needs the posterior mean"):
        hamiltonian(law.denoiser(cosine(), draws=True), *ends)
    with pytest.raises(InputError, match="above 0, found 0"):
        hamiltonian(denoiser, *ends, noise=0.0)
    with pytest.raises(InputError, match="shape of start"):
        hamiltonian(denoiser, torch.zeros(2), torch.ones(3))
    with pytest.raises(InputError, match="0 < step < 2"):
        hamiltonian(denoiser, *ends, step=2.5)
    with pytest.raises(InputError, match="chord, tangent or thermal"):
        hamiltonian(denoiser, *ends, velocity="uphill")
