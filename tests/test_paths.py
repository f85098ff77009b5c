"""Paths: motion keeps its energy, least actions have their closed forms, and traps stay traps."""

from functools import partial
from math import acos, cosh, sinh

import numpy as np
import pandas
import pytest
import torch
from PIL import Image
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.core.files import save_tensors
from scorefield.core.schedule import cosine
from scorefield.lab.ends import bowed, end, line, slerp, through_noise
from scorefield.lab.journey import Level, doubled, measured, travel
from scorefield.metrics.action import (
    expanded,
    geometric,
    inner,
    length,
    midpoint,
    resampled,
    steps,
    work,
)
from scorefield.metrics.likelihood import flow_log_prob
from scorefield.metrics.passage import passage, summed
from scorefield.paths.hamiltonian import hamiltonian, leapfrog
from scorefield.paths.instanton import descend, instanton, resized
from tests.laws import SCHEDULES, gaussian, oracle

pytestmark = pytest.mark.usefixtures("double")

WEIGHT = torch.tensor([0.4, 0.35, 0.25], dtype=torch.float64)
MEAN = torch.tensor([[-2.0, 0.0], [2.0, 0.0], [0.0, 2.6]], dtype=torch.float64)
VAR = torch.tensor([0.55, 0.55, 0.6], dtype=torch.float64)
A, B, C = torch.tensor(
    [[-1.99986, 0.00017], [2.0, 0.0], [0.0, 2.59947]], dtype=torch.float64
)  # modes


def log_prob(x: Tensor, weight=WEIGHT, mean=MEAN, var=VAR) -> Tensor:
    far = (x[:, None] - mean).square().sum(-1) / var
    return (weight.log() - far / 2 - mean.shape[1] / 2 * (2 * torch.pi * var).log()).logsumexp(1)


def exact(x: Tensor, weight=WEIGHT, mean=MEAN, var=VAR) -> Tensor:
    """grad log p of a mixture of round Gaussians."""
    apart = x[:, None] - mean
    height = weight.log() - apart.square().sum(-1) / (2 * var) - mean.shape[1] / 2 * var.log()
    return -(height.softmax(1)[..., None] * apart / var[:, None]).sum(1)


def rotated(x: Tensor) -> Tensor:
    """No gradient of anything."""
    return exact(x) + 0.5 * torch.stack([-x[:, 1], x[:, 0]], 1)


def relaxed(x: Tensor, n: int = 20000) -> Tensor:
    """The mode uphill of x."""
    for _ in range(n):
        x = x + 0.05 * exact(x[None])[0]
    return x


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
    due = x0 * (k * q).cos() + v0 / (omega * bend**0.5) * (k * q).sin()
    torch.testing.assert_close(x[:, 0], due, atol=1e-12, rtol=0)


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
    motion = hamiltonian(exact, 0.74, A, C, velocity="chord", **given)
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
    motion = hamiltonian(field, 0.5, start, goal, velocity="tangent", **given)
    torch.testing.assert_close(motion.v[0] / motion.v[0].norm(), turn[:, 0], atol=1e-3, rtol=0)
    assert motion.v[0].norm().item() == pytest.approx(1 / 0.5)


OU = [(1, 1.156518, 1.156442), (10, 10.0, 10.0), (50, 50.0, 50.0), (100, 100.0, 100.0)]


@pytest.mark.parametrize("theta, due, discrete", OU)
def test_the_least_action_of_an_ornstein_uhlenbeck_process_is_the_closed_form(theta, due, discrete):
    """From the mean to 1 in T = 1 with 20 nodes; at theta dt = 5 the midpoint rule has 100."""
    field = lambda x: -theta * x
    seen = []
    path = descend(field, theta**-0.5, line(torch.zeros(1), torch.ones(1), 20), theta, 500, seen)
    found = midpoint(field, path, 1.0).item()
    assert found == pytest.approx(discrete, rel=1e-6) and found == pytest.approx(due, rel=1e-3)


def test_the_least_ornstein_uhlenbeck_path_is_a_hyperbolic_sine():
    theta, time, n = 1.0, 2.0, 200
    ends = torch.tensor([0.7]), torch.tensor([1.5])
    path = descend(lambda x: -theta * x, 1.0, line(*ends, n), time, 500, [])
    tau = np.linspace(0, time, n + 1)
    due = (0.7 * np.sinh(theta * (time - tau)) + 1.5 * np.sinh(theta * tau)) / sinh(theta * time)
    np.testing.assert_allclose(path[:, 0], due, atol=2e-5)
    assert midpoint(lambda x: -theta * x, path, time).item() == pytest.approx(2.011615, rel=1e-4)


@pytest.mark.parametrize("nodes", [50, 400])
def test_few_evaluations_are_enough_on_any_grid(nodes):
    """The coordinates are scaled by the curvature of an Ornstein-Uhlenbeck action, so that a few
    steps do; sine coordinates alone take 44 to 50 evaluations at theta = 50, plain ones more."""
    seen, theta = [], 50.0
    path = line(torch.zeros(1), torch.ones(1), nodes)
    found = descend(lambda x: -theta * x, theta**-0.5, path, theta, 500, seen)
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
    due = theta / 2 * ((1 + q**2 / 4) ** 0.5 * cosh(n * decay) / sinh(n * decay) + 1)
    place = torch.sinh(decay * torch.arange(n + 1.0))[:, None] / sinh(n * decay)
    assert expanded(lambda x: -theta * x, place, 1.0).item() == pytest.approx(due, rel=1e-9)
    assert due == pytest.approx(10.154, abs=1e-3)


def acos_h(x: float) -> float:
    return float(np.arccosh(x))


def test_the_least_action_over_a_barrier_is_twice_its_height():
    """a to c at T = 20: V = 3.88747, the error of the midpoint rule of second order."""
    a, c = relaxed(A), relaxed(C)
    gaps = []
    for n in (200, 400):
        path = line(a, c, n) + 0.02 * torch.sin(torch.linspace(0, torch.pi, n + 1))[:, None]
        found = instanton(
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
    found = instanton(exact, 1.0, starts, nodes=n, duration=20.0, iterations=600, levels=1)
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
        instanton(exact, 1.0, {"line": line(A, C, 10)}, **given)


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_the_flow_knows_the_log_density_of_a_mixture(schedule):
    """Within .05 nats at every point, an order 2 in the number of steps."""
    law = Mixture(WEIGHT, MEAN, VAR[:, None, None] * torch.eye(2))
    x, t = torch.tensor([[0.0, 0.0], [-2.0, 0.1], [1.0, 1.3], [3.0, -1.0]]), torch.tensor(0.3)
    due = law.log_prob(schedule, x, t)
    mean = (WEIGHT[:, None] * MEAN).sum(0)
    apart = MEAN - mean
    cov = (WEIGHT[:, None, None] * (law.cov + apart[:, :, None] * apart[:, None])).sum(0)
    given = {"prior": (mean, cov), "probes": 1}
    denoiser = law.denoiser(schedule)
    off = [
        (flow_log_prob(denoiser, schedule, x, t, steps=n, **given) - due).abs().max().item()
        for n in (50, 100)
    ]
    assert off[0] < 0.05
    assert 3 < off[0] / off[1] < 5


def test_random_signs_find_the_divergence_of_a_gaussian_in_many_dimensions():
    d, std = 40, 0.5
    law = gaussian(std, dim=d)
    x, t = torch.randn(3, d), torch.tensor(0.4)
    prior = torch.zeros(d), std**2 * torch.eye(d)
    found = flow_log_prob(law.denoiser(cosine()), cosine(), x, t, prior, steps=200, probes=2)
    torch.testing.assert_close(found, law.log_prob(cosine(), x, t), atol=0.05, rtol=0)


def test_an_end_is_a_test_example_or_a_sample_or_an_image(tmp_path):
    data = {"test": torch.arange(6.0).view(6, 1, 1, 1), "test_labels": torch.arange(6) % 3}
    samples = tmp_path / "drawn.safetensors"
    save_tensors(samples, {"samples": torch.arange(10.0, 14.0).view(4, 1, 1, 1)})
    Image.new("L", (8, 8), 255).save(tmp_path / "mine.png")
    for name, due in {
        "class 2": 2,
        "class 2 1": 5,
        "test 4": 4,
        f"{samples} 3": 13,
        str(tmp_path / "mine.png"): 1,
    }.items():
        assert end(name, data).flatten().tolist() == [due]
    generic = ("class 7", "class x", "test 99", f"{samples} 9", "class")
    told = dict.fromkeys(generic, "no test example") | {"nothing.png": "no image", "": "no image"}
    told["missing.safetensors 0"] = "not found"
    for wrong, match in told.items():
        with pytest.raises(InputError, match=match):
            end(wrong, data)


def test_a_path_over_a_denoiser_that_draws_is_refused():
    law = Mixture(WEIGHT, MEAN, VAR[:, None, None] * torch.eye(2))
    model = oracle(law, cosine(), draws=True)
    with pytest.raises(InputError, match="posterior mean"):
        doubled(model, model)


def test_sums_over_journeys_and_what_is_met_on_the_way():
    rows = [
        {"noise": 1.0, "journey": "a", "ends": e, "method": m, "action": a, "rise": r, "rise_straight": 1.0}
        for e, m, a, r in (
            ("reached", "line", 3.0, 1.0), ("reached", "hamiltonian", 4.0, 1.0),
            ("reached", "instanton", 2.0, 1.5), ("goal", "line", 1.0, 1.0),
            ("goal", "instanton", 1.1, 1.5),
        )
    ]  # fmt: skip
    motion = torch.tensor([1.0, 1.2, 0.9]), torch.tensor([4.0, 2.0, 3.0])
    found = summed(pandas.DataFrame(rows), [motion])
    assert found["action_line"] == 3 and found["goal_action_instanton"] == 1.1
    assert found["lowest"] == 0.5 and found["curl"] == 0.5
    assert found["energy_drift"] == pytest.approx(0.05)
    data = {"train": torch.zeros(1, 2), "test": torch.tensor([[0.0, 2.0], [2.0, 0.0]])}
    clean = torch.tensor([[0.0, 0.0], [4.0, 0.0]])
    assert passage(clean, data, None) == {"distance": 1.0}


def test_first_paths_keep_their_ends_and_a_great_circle_its_angles():
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 4.0])
    turn = torch.atan2(*slerp(a, b, 8).mT.flip(0))
    torch.testing.assert_close(turn, torch.linspace(0, torch.pi / 2, 9))
    torch.testing.assert_close(slerp(a, b, 8).norm(dim=1), torch.linspace(2, 4, 9))
    law = gaussian(1.0, dim=2)
    noised = through_noise(law.denoiser(cosine()), cosine(), 0.5, a, b, 8, 0)
    for path in (line(a, b, 8), slerp(a, b, 8), noised, bowed(line(a, b, 8), 0.1, 0)):
        torch.testing.assert_close(path[[0, -1]], torch.stack([a, b]), atol=1e-9, rtol=0)


def test_a_journey_over_an_exact_denoiser_ends_in_modes_and_the_instanton_is_lowest():
    """Mean shift, motion, instanton and every figure, on the mixture at sigma / alpha = .3."""
    law = Mixture(WEIGHT, MEAN, VAR[:, None, None] * torch.eye(2))
    schedule = cosine()
    level = Level(law.denoiser(schedule), schedule, 0.3)
    motion = partial(hamiltonian, step=0.1, duration=3.0, velocity="chord", speed=1.0, seed=0)
    given = {"nodes": 80, "duration": 40.0, "iterations": 200, "levels": 1}
    found = travel(level, A, C, motion, partial(instanton, **given), 80, 500, 0)
    force = level.field()(found.paths["goal/line"][[0, -1]])
    assert force.abs().max() < 1e-2
    figures = {key: measured(level, path, 80, 10.0) for key, path in found.paths.items()}
    for ends in ("reached", "goal"):
        mine = {k: f["action"].item() for k, f in figures.items() if k.startswith(ends)}
        assert mine[f"{ends}/instanton"] <= min(mine.values()) * 1.001
    for row in figures.values():
        assert row["rise"].item() == pytest.approx(row["rise_straight"].item(), abs=0.02)
    true = law.log_prob(schedule, found.paths["goal/line"], level.t)
    assert figures["goal/line"]["barrier"].item() == pytest.approx(
        (true[0] - true.min()).item(), abs=0.01
    )
