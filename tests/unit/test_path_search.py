"""What makes the search for paths converge, and what says that it did."""

from itertools import permutations

import pytest
import torch

from scorefield.core.action import drop, geometric, length, work
from scorefield.core.denoiser import Plain
from scorefield.core.exact import Mixture
from scorefield.core.noise_level import NoiseLevel
from scorefield.core.results import PathRecord
from scorefield.core.schedule import cosine
from scorefield.experiments.path_figures import converged, trusted
from scorefield.metrics.path_convergence import convergence_table
from scorefield.paths._coordinates import Coordinates
from scorefield.paths._starts import all_bowed, first_paths, line, through_examples
from scorefield.paths.instanton import Instanton, least_action

pytestmark = pytest.mark.usefixtures("double")


def test_the_gradient_in_coordinates_is_the_transpose_of_the_displacement():
    places = Coordinates(9, 0.1, 0.4)
    c, slope = torch.randn(8 * 3).numpy(), torch.randn(8, 3).numpy()
    found = (places.shift(c) * slope).sum()
    assert found == pytest.approx((c * places.pull(slope)).sum(), rel=1e-12)


def test_a_start_through_examples_finds_the_long_way_round_a_ring_that_the_others_miss():
    """From mode 2 to mode 7 with mode 0 withheld, at noise .6: the gap is the shorter way, over a
    barrier of 4.63 at the cost of 11.01; the long way costs 8.71, with barriers of .87."""
    law = Mixture.ring(8, rare=0.0)
    level = NoiseLevel(law.denoiser(cosine()), 0.6)
    a, b = (level.relaxed(level.alpha * law.mean[k], 300) for k in (2, 7))
    starts = all_bowed(first_paths(level, a, b, 80, 0, law.sample(500)[0]), level.sigma, 0)
    found = least_action(level.field(), level.sigma, starts, nodes=80, iterations=150)
    assert found.start == "examples"
    assert found.action == pytest.approx(8.71, rel=0.01)
    assert drop(work(level.field(), found.path)).item() == pytest.approx(0.87, abs=0.01)
    assert min(found.history["line"]) == pytest.approx(11.01, rel=0.01)
    figures = converged(level, found)
    assert figures["gap"] > 0.2 and figures["pass"] > 0


def test_two_paths_in_one_well_are_no_two_minima():
    """Between paths that differ by a rest of their search, no path is higher than both."""
    level = NoiseLevel(Mixture.isotropic([[0.0, 0.0]], 1.0).denoiser(cosine()), 0.5)
    best = line(torch.zeros(2), torch.ones(2), 20)
    wave = torch.linspace(0, torch.pi, 21).sin()[:, None] * torch.tensor([0.3, -0.3])
    paths = {"line": best, "bow": best + wave}
    found = Instanton(best, geometric(level.field(), best).item(), "line", 0.0, paths, {})
    figures = converged(level, found)
    assert figures["gap"] > 0 and figures["pass"].item() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("turn, expected", [(0.0, 0.0), (0.3, 2 * 0.3 / (0.5**2 + 0.3**2) ** 0.5)])
def test_the_jacobian_of_a_field_that_turns_is_not_symmetric(turn, expected):
    """D(x) = (c + turn R) x with R a quarter turn: |J^T v - J v| / |J v| = 2 turn / |(c, turn)|."""
    matrix = torch.tensor([[0.5, -turn], [turn, 0.5]])
    level = NoiseLevel(Plain(lambda x, t: x @ matrix.mT, cosine()), 0.5)
    found = trusted(level, line(torch.zeros(2), torch.ones(2), 10))
    assert found["asymmetry"].item() == pytest.approx(expected, abs=1e-9)
    assert found["spacing"].item() == pytest.approx(2**0.5 / 10 / level.sigma)


def test_the_actions_of_the_convergence_table_decrease_with_the_evaluations():
    history = {"line": torch.tensor([9.0, 5.0, 6.0, *[4.0] * 20]), "noise": torch.tensor([3.0])}
    path = torch.zeros(2, 2)
    place = 0.5, "a > b", "goal", "instanton", 0, path, path, path, path[0]
    table = convergence_table([PathRecord(*place, {}, None, history)])
    lines = table[table["start"] == "line"]
    assert lines["evaluations"].tolist() == [1, 10, 20, 23]
    assert lines["action"].tolist() == [9, 4, 4, 4]
    assert table[table["start"] == "noise"]["action"].tolist() == [3]


def test_the_path_through_examples_has_the_least_sum_of_squares_of_all_orders():
    """Of seven points from the first to the last along one axis, by trying all."""
    points = torch.randn(7, 2, generator=torch.Generator().manual_seed(2))
    points = points[points[:, 0].argsort()]
    routes = [(0, *order, 6) for k in range(6) for order in permutations(range(1, 6), k)]
    cost = lambda route: (points[[*route[1:]]] - points[[*route[:-1]]]).square().sum().item()
    best = points[[*min(routes, key=cost)]]
    found = through_examples(points[0], points[6], points[torch.randperm(7)], 5000)
    assert len(best) > 3
    assert torch.cdist(best, found).min(1).values.max() < 0.01
    assert length(found).item() == pytest.approx(length(best).item(), rel=1e-3)


def test_between_narrow_gaussians_it_has_the_action_of_low_noise():
    """d^2 / (4 sigma^2) for each step, at a noise level far above their own width."""
    points = torch.tensor([[0.0, 0.0], [1.0, 0.3], [2.0, -0.2], [1.0, 2.5]])
    level = NoiseLevel(Mixture.isotropic(points.tolist(), 1e-4).denoiser(cosine()), 0.02)
    means = level.alpha * points
    found = through_examples(means[0], means[2], means, 4000)
    squares = (means[1] - means[0]).square().sum() + (means[2] - means[1]).square().sum()
    expected = squares.item() / (4 * level.sigma**2)
    assert geometric(level.field(), found).item() == pytest.approx(expected, rel=0.01)
