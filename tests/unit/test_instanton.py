"""Instantons: least actions have their closed forms, published values, and those of a boundary
value problem."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_bvp

from scorefield.core.action import along, geometric, inner, length, resampled, steps, work
from scorefield.core.errors import InputError
from scorefield.core.schedule import cosine
from scorefield.paths import instanton
from scorefield.paths._starts import line
from scorefield.paths.instanton import descend, least_action
from tests.helpers.laws import gaussian
from tests.helpers.three import GAUSSIANS, A, B, C, exact, log_prob, relaxed

pytestmark = pytest.mark.usefixtures("double")


@pytest.mark.parametrize("nodes", [50, 400])
def test_the_least_action_from_the_mean_of_a_gaussian_is_its_quadratic_form_on_any_grid(nodes):
    """sum theta_i y_i^2 along the reversed relaxation, y_2 = y_1^(theta_2 / theta_1); few
    evaluations find it, since the coordinates are scaled by the curvature of the action."""
    theta, goal, seen = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 1.0]), []
    field = lambda x: -theta * x
    start = line(torch.zeros(2), goal, nodes)
    path = descend(field, 0.7, start, 500, seen, 1e-9)
    assert geometric(field, path).item() == pytest.approx(3.0, rel=1e-3)
    assert geometric(field, start).item() > 3.05
    assert (path[:, 1] - path[:, 0] ** 2).abs().max() < 0.02
    assert len(seen) <= 60


@pytest.mark.parametrize("theta", [1.0, 50.0])
def test_uphill_costs_twice_the_rise_and_downhill_nothing_at_any_stiffness(theta):
    """Between .7 and 1.5 in a Gaussian: theta (1.5^2 - .7^2)."""
    ends = torch.tensor([0.7]), torch.tensor([1.5])
    up, down = ({"line": line(*each, 20)} for each in (ends, ends[::-1]))
    find = lambda starts: least_action(lambda x: -theta * x, theta**-0.5, starts).action
    assert find(up) == pytest.approx(theta * (1.5**2 - 0.7**2), rel=1e-6)
    assert find(down) == pytest.approx(0, abs=1e-6 * theta)


def test_the_least_action_over_a_barrier_is_twice_its_height():
    """a to c: V = 3.88747; the path goes up against the field, and down along it."""
    a, c = relaxed(A, 2000), relaxed(C, 2000)
    path = line(a, c, 80) + 0.02 * torch.sin(torch.linspace(0, torch.pi, 81))[:, None]
    found = least_action(exact, 1.0, {"line": path}, nodes=80)
    assert found.action == pytest.approx(3.887475, rel=2e-3)
    step, middle = steps(found.path)
    b = exact(middle)
    cosine = inner(step, b) / (inner(step, step) * inner(b, b)).sqrt()
    assert cosine[inner(b, b).sqrt() > 0.2].abs().median() > 0.999


def test_between_modes_that_do_not_touch_the_best_of_several_starts_is_the_known_minimum():
    """a to b: 5.7286 by Richardson, against 6.78 by way of the third mode; equal steps, although
    the action of a course does not depend on them, and doubled until they do not matter."""
    a, b, c = (relaxed(x, 2000) for x in (A, B, C))
    bow = torch.sin(torch.linspace(0, torch.pi, 41))[:, None] * torch.tensor([0.0, 0.5])
    starts = {"bow": line(a, b, 40) + bow, "via": torch.stack([a, c, b])}
    found = least_action(exact, 1.0, starts, nodes=20, iterations=300, doublings=4, accuracy=1e-3)
    assert found.action == pytest.approx(5.7286, rel=0.003) and found.start == "bow"
    assert found.change < 1e-3 and len(found.path) - 1 in (80, 160)
    via = resampled(found.found["via"], 400)
    assert geometric(exact, via).item() == pytest.approx(6.782, rel=0.02)
    assert found.history[found.start][-1] == pytest.approx(found.action, rel=1e-3)
    size = inner(*[steps(found.path)[0]] * 2).sqrt()
    assert size.max() / size.min() < 1.2


def test_the_least_action_of_maier_and_stein_is_the_published_one_without_a_potential():
    """From (-1, 0) to the saddle with beta = 10: .3400 (Maier and Stein 1996), below the .5 of the
    axis, of which no potential knows."""

    def field(x):
        u, v = x.mT
        return torch.stack([u - u**3 - 10 * u * v**2, -(1 + u**2) * v], 1)

    bow = torch.sin(torch.linspace(0, torch.pi, 61))[:, None] * torch.tensor([0.0, 0.3])
    axis = line(torch.tensor([-1.0, 0.0]), torch.zeros(2), 60)
    found = least_action(field, 1.0, {"bow": axis + bow}, nodes=60, iterations=400)
    assert geometric(field, axis).item() == pytest.approx(0.5, rel=1e-3)
    assert found.action == pytest.approx(0.3400, rel=2e-3)


def test_the_instanton_solves_the_boundary_value_problem_of_the_action():
    """x'' = (grad b) b from a to b by SciPy, in the time that the instanton takes at the speed |b|:
    the same course, and an action S_T that is above the geometric one by less than .2 %."""
    a, b = relaxed(A, 2000), relaxed(B, 2000)
    bow = torch.sin(torch.linspace(0, torch.pi, 81))[:, None] * torch.tensor([0.0, 0.5])
    found = least_action(exact, 1.0, {"bow": line(a, b, 80) + bow}, nodes=80)
    step, middle = steps(found.path)
    size, speed = inner(step, step).sqrt(), inner(*[exact(middle)] * 2).sqrt().clamp_min(0.05)
    at = torch.cat([torch.zeros(1), (size / speed).cumsum(0)])
    v = step * (speed / size)[:, None]
    guess = torch.cat([found.path, torch.cat([v[:1], v])], 1).mT.numpy()

    def slope(_, y):
        x, v = torch.from_numpy(y.T.copy()).split(2, 1)
        return torch.cat([v, torch.func.jvp(exact, (x,), (exact(x),))[1]], 1).mT.numpy()

    def ends(first, last):
        return np.concatenate([first[:2] - a.numpy(), last[:2] - b.numpy()])

    solved = solve_bvp(slope, ends, at.numpy(), guess, tol=1e-3)
    fine = torch.linspace(0, at[-1].item(), 4001)
    x, v = torch.from_numpy(solved.sol(fine.numpy())).mT.split(2, 1)
    off = v - exact(x)
    action = torch.trapezoid(inner(off, off) / 2, fine).item()
    assert solved.success and 1 < action / 5.7286 < 1.002
    assert found.action == pytest.approx(action, rel=2e-3)
    assert torch.cdist(resampled(x, 400), found.path).min(1).values.max() < 0.05


def test_downhill_is_free_and_uphill_costs_twice_the_rise():
    x, h = [torch.tensor([-0.9, 1.3])], 0.005
    for _ in range(3000):
        mid = x[-1] + h / 2 * exact(x[-1][None])[0]
        x.append(x[-1] + h * exact(mid[None])[0])
    path = torch.stack(x)
    rise = (log_prob(path[-1:]) - log_prob(path[:1])).item()
    assert geometric(exact, path).item() == pytest.approx(0, abs=1e-5)
    assert geometric(exact, path.flip(0)).item() == pytest.approx(2 * rise, rel=1e-4)


def curve(nodes: int) -> torch.Tensor:
    """A curve from a to c."""
    u = torch.linspace(0, 1, nodes + 1)[:, None]
    return A + u * (C - A) + 0.3 * torch.sin(torch.pi * u) * torch.tensor([0.4, -0.7])


def test_there_and_back_differ_by_twice_the_rise_and_simpson_agrees_with_the_midpoint_rule():
    path = curve(1600)
    rise = (log_prob(path[-1:]) - log_prob(path[:1])).item()
    gap = geometric(exact, path.flip(0)) - geometric(exact, path)
    assert gap.item() == pytest.approx(2 * rise, abs=1e-5)
    action, risen = along(exact, curve(40))
    assert action.item() == pytest.approx(geometric(exact, path).item(), rel=1e-3)
    torch.testing.assert_close(risen, work(exact, curve(40)))


def test_the_action_depends_neither_on_the_scale_of_the_noise_level_nor_on_speed():
    """x = alpha z, and the same course with other steps."""
    z, alpha = curve(200), 0.6
    in_z = geometric(exact, z).item()
    in_x = geometric(lambda x: exact(x / alpha) / alpha, alpha * z).item()
    assert in_x == pytest.approx(in_z, rel=1e-10)
    uneven = z[(torch.linspace(0, 1, 101) ** 2 * 200).round().long()]
    assert geometric(exact, uneven).item() == pytest.approx(in_z, rel=5e-3)


def test_resampling_keeps_the_course_and_makes_equal_steps():
    path = torch.stack([torch.linspace(0, 1, 40) ** 3, torch.zeros(40)], 1)
    even = resampled(path, 10)
    torch.testing.assert_close(even[:, 0], torch.linspace(0, 1, 11))
    assert length(even).item() == pytest.approx(1)
    torch.testing.assert_close(resampled(resampled(even, 20), 10), even)


def test_an_instanton_between_equal_ends_stays_there():
    end = torch.tensor([0.3, 0.4])
    found = least_action(exact, 1.0, {"line": line(end, end, 10)}, nodes=10)
    assert found.action == pytest.approx(0, abs=1e-3)
    assert (found.path - end).abs().max() < 1e-2


@pytest.mark.parametrize("make, std", GAUSSIANS.values(), ids=GAUSSIANS)
def test_the_instanton_of_any_denoiser_of_a_gaussian_goes_by_the_mean_or_as_far_as_it_pays(
    make, std
):
    """From the mean to alpha goal: theta |alpha goal|^2, straight."""
    start, goal = torch.zeros(2), torch.tensor([0.2, 0.8])
    found = instanton(make(), start, goal, 0.5, nodes=40)
    sigma = 0.5 / 1.25**0.5
    alpha = 2 * sigma
    theta = 1 / (alpha**2 * std**2 + sigma**2)
    assert found.action == pytest.approx(theta * (alpha * goal).square().sum().item(), rel=1e-3)
    ends = alpha * torch.stack([start, goal])
    torch.testing.assert_close(found.path[[0, -1]], ends, atol=1e-9, rtol=0)
    clean = found.path * (1 - sigma**2 * theta) / alpha
    torch.testing.assert_close(found.clean, clean, atol=1e-9, rtol=0)
    assert set(found.history) == {"line", "noise"}


def test_an_instanton_needs_a_posterior_mean_a_noise_level_and_ends_of_one_shape():
    law, ends = gaussian(1.0, dim=2), (torch.zeros(2), torch.ones(2))
    with pytest.raises(InputError, match="a path needs the posterior mean"):
        instanton(law.denoiser(cosine(), draws=True), *ends)
    with pytest.raises(InputError, match="above 0, found -1"):
        instanton(law.denoiser(cosine()), *ends, noise=-1.0)
    with pytest.raises(InputError, match="shape of start"):
        instanton(law.denoiser(cosine()), torch.zeros(2), torch.ones(3))
