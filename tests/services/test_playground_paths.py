"""Paths of the playground: their action, the Hamiltonian motion and the instanton of the library."""

import pytest
import torch

import scorefield as sf
from scorefield.core import action
from scorefield.core.noise_level import NoiseLevel
from scorefield.paths.instanton import instanton, scales, smooth_action
from tests.helpers.browser import browsed, law, ring

pytestmark = [browsed, pytest.mark.usefixtures("double")]
LEVEL = "const place = m.fields.level(law, m.schedules.SCHEDULES.cosine, 0.5);"
START, GOAL = torch.tensor([[-2.1, 2.0], [2.6, -1.2]], dtype=torch.float64)


def ends() -> tuple[NoiseLevel, dict]:
    """The noise level of a path, and what the script is told of it; ends are points of x_t."""
    place = NoiseLevel(ring().denoiser(), 0.5)
    given = {"a": (place.alpha * START).tolist(), "b": (place.alpha * GOAL).tolist()}
    return place, given | {"law": law(ring())}


@pytest.mark.parametrize("nodes", [5, 8, 23])
def test_figures_of_a_path_and_its_nodes_at_equal_steps_are_those_of_the_library(script, nodes):
    (place, given), path = ends(), torch.randn(9, 2).cumsum(0) / 2
    found = script(
        f"""{LEVEL} path = Float64Array.from(path);
        const {{ dt, first }} = m.fields.scales(place, path);
        return [[m.fields.geometric(place, path), m.fields.length(path), dt, first],
          [...m.fields.resampled(path, nodes)]];""",
        path=path.flatten().tolist(), nodes=nodes, **given,
    )  # fmt: skip
    field = place.field()
    figures = [action.geometric(field, path).item(), action.length(path).item()]
    assert found[0] == pytest.approx([*figures, *scales(field, place.sigma, path)], rel=1e-9)
    even = torch.tensor(found[1]).view(-1, 2)
    assert even == pytest.approx(action.resampled(path, nodes), abs=1e-12)


def test_what_an_instanton_minimises_and_its_gradient_are_those_of_the_library(script):
    (place, given), path = ends(), torch.randn(9, 2).cumsum(0) / 2
    found = script(
        f"""{LEVEL} const [value, slope] =
          m.fields.penalised(place, Float64Array.from(path), 1.7);
        return [value, [...slope]];""",
        path=path.flatten().tolist(), **given,
    )  # fmt: skip
    path.requires_grad_()
    least, uneven = smooth_action(place.field(), path, place.sigma)
    value = least + 1.7 * uneven
    (slope,) = torch.autograd.grad(value, path)
    assert found[0] == pytest.approx(value.item(), rel=1e-9)
    assert torch.tensor(found[1]).view(9, 2) == pytest.approx(slope, abs=1e-8)


def test_the_hamiltonian_motion_and_the_line_are_those_of_the_library(script):
    place, given = ends()
    found = script(
        f"""{LEVEL}
        return [[...m.paths.hamiltonian(place, a, b, {{step: 0.1, duration: 3}})],
          [...m.paths.line(a, b, 24)], m.fields.drop(place, m.paths.line(a, b, 24))];""",
        **given,
    )
    ours = sf.paths.hamiltonian(ring().denoiser(), START, GOAL, 0.5).x
    assert torch.tensor(found[0]).view(-1, 2) == pytest.approx(ours, abs=1e-8)
    part = torch.linspace(0, 1, 25)[:, None]
    line = place.alpha * (START + part * (GOAL - START))
    assert torch.tensor(found[1]).view(-1, 2) == pytest.approx(line, abs=1e-12)
    rise = ring().log_prob(sf.cosine(), line, place.t)
    assert found[2] == pytest.approx(action.drop(rise - rise[0]).item(), abs=1e-9)


def test_the_instanton_has_the_least_action_that_the_library_finds(script):
    place, given = ends()
    knobs = {"nodes": 24, "iterations": 60, "tolerance": 1e-5, "doublings": 2, "accuracy": 0.01}
    found = script(
        f"""{LEVEL} const found = m.paths.instanton(place, a, b, knobs);
        return [[...found.path], found.action];""",
        knobs=knobs, **given,
    )  # fmt: skip
    ours = instanton(ring().denoiser(), START, GOAL, 0.5, **knobs)
    path = torch.tensor(found[0]).view(-1, 2)
    assert found[1] == pytest.approx(action.geometric(place.field(), path).item(), rel=1e-9)
    assert found[1] == pytest.approx(ours.action, rel=5e-3)
    assert len(path) == len(ours.path) and (path - ours.path).abs().max() < 0.1
