"""Instantons: least actions have their closed forms, and traps stay traps."""

from math import cosh, exp, sinh

import numpy as np
import pytest
import torch

from scorefield.core.action import expanded, geometric, inner, length, midpoint, resampled, steps
from scorefield.core.errors import InputError
from scorefield.core.schedule import cosine
from scorefield.paths import instanton
from scorefield.paths._coordinates import Coordinates
from scorefield.paths._starts import line
from scorefield.paths.instanton import descend, least_action, resized
from tests.helpers.laws import gaussian
from tests.helpers.three import GAUSSIANS, A, B, C, exact, log_prob, relaxed

pytestmark = pytest.mark.usefixtures("double")


OU = [(1, 1.156518, 1.156442), (10, 10.0, 10.0), (50, 50.0, 50.0), (100, 100.0, 100.0)]


@pytest.mark.parametrize("theta, expected, discrete", OU)
def test_the_least_action_of_an_ornstein_uhlenbeck_process_is_the_closed_form(
    theta, expected, discrete
):
    """From the mean to 1 in T = 1 with 20 nodes; at theta dt = 5 the midpoint rule has 100."""
    field = lambda x: -theta * x
    seen = []
    places = Coordinates(20, theta, theta**-0.5)
    path = descend(field, places, line(torch.zeros(1), torch.ones(1), 20), 500, seen)
    found = midpoint(field, path, 1.0).item()
    assert found == pytest.approx(discrete, rel=1e-6) and found == pytest.approx(expected, rel=1e-3)


def test_the_least_ornstein_uhlenbeck_path_is_a_hyperbolic_sine():
    theta, time, n = 1.0, 2.0, 200
    ends = torch.tensor([0.7]), torch.tensor([1.5])
    path = descend(lambda x: -theta * x, Coordinates(n, time, 1.0), line(*ends, n), 500, [])
    tau = np.linspace(0, time, n + 1)
    expected = (0.7 * np.sinh(theta * (time - tau)) + 1.5 * np.sinh(theta * tau)) / sinh(
        theta * time
    )
    np.testing.assert_allclose(path[:, 0], expected, atol=2e-5)
    assert midpoint(lambda x: -theta * x, path, time).item() == pytest.approx(2.011615, rel=1e-4)


@pytest.mark.parametrize("nodes", [50, 400])
def test_few_evaluations_are_enough_on_any_grid(nodes):
    """The coordinates are scaled by the curvature of an Ornstein-Uhlenbeck action, so that a few
    steps do; sine coordinates alone take 44 to 50 evaluations at theta = 50, plain ones more."""
    seen, theta = [], 50.0
    path = line(torch.zeros(1), torch.ones(1), nodes)
    places = Coordinates(nodes, theta, theta**-0.5)
    found = descend(lambda x: -theta * x, places, path, 500, seen)
    assert midpoint(lambda x: -theta * x, found, 1.0).item() == pytest.approx(50.0, rel=1e-9)
    assert len(seen) <= 10


def test_the_left_point_rule_would_find_a_path_of_no_action():
    """Its minimum at theta dt = 5: (y c^N ...)^2 (1 - c^2) / (2 dt (1 - c^2N)), about 1e-22."""
    dt, c, n = 0.05, 1 - 5.0, 20
    path = torch.tensor([c**-k for k in range(n, -1, -1)])[:, None]
    path[0] = 0
    off = (path[1:] - path[:-1]) / dt + 100 * path[:-1]
    assert (dt / 2 * off.square().sum()).item() < 1e-12
    assert midpoint(lambda x: -100 * x, path, 1.0).item() > 50


def test_the_expanded_rule_differs_from_the_midpoint_by_the_order_of_the_grid_and_is_high():
    """Discrete minimum from 0 at theta = 10, T = 1, N = 20: cosh l = 1 + q^2 / 2."""
    theta, q, n = 10.0, 0.5, 20
    decay = acos_h(1 + q**2 / 2)
    expected = theta / 2 * ((1 + q**2 / 4) ** 0.5 * cosh(n * decay) / sinh(n * decay) + 1)
    place = torch.sinh(decay * torch.arange(n + 1.0))[:, None] / sinh(n * decay)
    assert expanded(lambda x: -theta * x, place, 1.0).item() == pytest.approx(expected, rel=1e-9)
    assert expected == pytest.approx(10.154, abs=1e-3)


def acos_h(x: float) -> float:
    return float(np.arccosh(x))


def test_the_least_action_over_a_barrier_is_twice_its_height():
    """a to c at T = 20: V = 3.88747, the error of the midpoint rule of second order."""
    a, c = relaxed(A), relaxed(C)
    gaps = []
    for n in (200, 400):
        path = line(a, c, n) + 0.02 * torch.sin(torch.linspace(0, torch.pi, n + 1))[:, None]
        found = least_action(
            exact, 1.0, {"line": path}, nodes=n, duration=20.0, iterations=400, levels=0
        )
        gaps.append(midpoint(exact, found.path, 20.0).item() - 3.887475)
    assert 0 < gaps[1] < 0.01 * 3.887475
    assert 3.5 < gaps[0] / gaps[1] < 4.5
    path = found.path
    speed, b = steps(path)[0] / (20 / n), exact(steps(path)[1])
    cosine = inner(speed, b) / (inner(speed, speed) * inner(b, b)).sqrt()
    fast = inner(b, b).sqrt() > 0.2
    assert cosine[fast].abs().median() > 0.999
    assert geometric(exact, path).item() == pytest.approx(3.887475, rel=0.003)


def test_between_modes_that_do_not_touch_the_best_of_several_starts_is_the_known_minimum():
    """a to b: 5.7286 by Richardson, against 6.78 by way of the third mode."""
    a, b, c = (relaxed(x) for x in (A, B, C))
    n = 400
    bow = torch.sin(torch.linspace(0, torch.pi, n + 1))[:, None] * torch.tensor([0.0, 0.5])
    via = torch.cat([line(a, c, n // 2), line(c, b, n // 2)[1:]])
    starts = {"bow": line(a, b, n) + bow, "via": via}
    found = least_action(exact, 1.0, starts, nodes=n, duration=20.0, iterations=600, levels=1)
    best = midpoint(exact, found.path, 20.0).item()
    assert best == pytest.approx(5.7286, rel=0.005) and found.start == "bow"
    assert found.history["via"][-1] > best + 1


def test_downhill_is_free_and_uphill_costs_twice_the_rise():
    x, h = [torch.tensor([-0.9, 1.3])], 0.005
    for _ in range(3000):
        mid = x[-1] + h / 2 * exact(x[-1][None])[0]
        x.append(x[-1] + h * exact(mid[None])[0])
    path, time = torch.stack(x), 3000 * h
    rise = (log_prob(path[-1:]) - log_prob(path[:1])).item()
    assert midpoint(exact, path, time).item() < 1e-6
    assert midpoint(exact, path.flip(0), time).item() == pytest.approx(2 * rise, rel=1e-4)
    assert geometric(exact, path).item() == pytest.approx(0, abs=1e-5)
    assert geometric(exact, path.flip(0)).item() == pytest.approx(2 * rise, rel=1e-4)


def test_the_two_forms_of_the_action_differ_by_the_boundary_term_only():
    """expanded = kinetic + potential - rise of log p; both forms meet as the grid is refined."""
    u = torch.linspace(0, 1, 1601)[:, None]
    curve = A + u * (C - A) + 0.3 * torch.sin(torch.pi * u) * torch.tensor([0.4, -0.7])
    rise = (log_prob(curve[-1:]) - log_prob(curve[:1])).item()
    back = lambda rule: rule(exact, curve.flip(0), 5.0).item()
    for rule in (midpoint, expanded):
        gap = back(rule) - rule(exact, curve, 5.0).item()
        assert gap == pytest.approx(2 * rise, abs=1e-5)
    gap = midpoint(exact, curve, 5.0) - expanded(exact, curve, 5.0)
    assert gap.item() == pytest.approx(0, abs=1e-4)


def test_the_action_does_not_depend_on_the_coordinates_of_the_noise_level():
    """x = alpha z: S_x(T) = S_z(T / alpha^2), 5.178583 on the note's curve."""
    u = torch.linspace(0, 1, 201)[:, None]
    z = A + u * (C - A) + 0.3 * torch.sin(torch.pi * u) * torch.tensor([0.4, -0.7])
    alpha = 0.6
    in_z = midpoint(exact, z, 5.0).item()
    in_x = midpoint(lambda x: exact(x / alpha) / alpha, alpha * z, 5 * alpha**2).item()
    assert in_x == pytest.approx(in_z, rel=1e-10)
    assert in_z == pytest.approx(5.178583, abs=2e-4)


def test_resampling_keeps_the_course_and_makes_equal_steps():
    path = torch.stack([torch.linspace(0, 1, 40) ** 3, torch.zeros(40)], 1)
    even = resampled(path, 10)
    torch.testing.assert_close(even[:, 0], torch.linspace(0, 1, 11))
    assert length(even).item() == pytest.approx(1)
    torch.testing.assert_close(resized(resized(even, 20), 10), even)


def test_a_grid_too_coarse_for_the_relaxation_is_refused():
    with pytest.raises(InputError, match="above 1"):
        given = {"nodes": 10, "duration": 20.0, "iterations": 5, "levels": 0}
        least_action(exact, 1.0, {"line": line(A, C, 10)}, **given)


@pytest.mark.parametrize("make, std", GAUSSIANS.values(), ids=GAUSSIANS)
def test_the_instanton_of_any_denoiser_of_a_gaussian_is_that_of_an_ornstein_uhlenbeck_process(
    make, std
):
    """Between alpha start and alpha goal: theta |b - a e^-theta T|^2 / (1 - e^-2 theta T)."""
    start, goal = torch.tensor([1.0, -0.5]), torch.tensor([0.2, 0.8])
    found = instanton(make(), start, goal, 0.5, nodes=200, duration=4.0, iterations=200)
    sigma = 0.5 / 1.25**0.5
    alpha, time = 2 * sigma, 4.0 * sigma**2
    theta = 1 / (alpha**2 * std**2 + sigma**2)
    off = alpha * goal - alpha * start * exp(-theta * time)
    expected = theta * off.square().sum().item() / (1 - exp(-2 * theta * time))
    assert found.action == pytest.approx(expected, rel=1e-4)
    assert found.duration == pytest.approx(time)
    ends = alpha * torch.stack([start, goal])
    torch.testing.assert_close(found.path[[0, -1]], ends, atol=1e-9, rtol=0)
    clean = found.path * (1 - sigma**2 * theta) / alpha
    torch.testing.assert_close(found.clean, clean, atol=1e-9, rtol=0)
    assert set(found.history) == {"line", "noise", "left", "right"}


def test_an_instanton_needs_a_posterior_mean_a_noise_level_and_ends_of_one_shape():
    law, ends = gaussian(1.0, dim=2), (torch.zeros(2), torch.ones(2))
    with pytest.raises(InputError, match="a path needs the posterior mean"):
        instanton(law.denoiser(cosine(), draws=True), *ends)
    with pytest.raises(InputError, match="above 0, found -1"):
        instanton(law.denoiser(cosine()), *ends, noise=-1.0)
    with pytest.raises(InputError, match="shape of start"):
        instanton(law.denoiser(cosine()), torch.zeros(2), torch.ones(3))
