"""Transition paths: their endpoints, figures along them, and likelihoods."""

from functools import partial
from math import exp

import pandas
import pytest
import torch
from PIL import Image

from scorefield.core.datasets import Images, Points
from scorefield.core.denoiser import Counter, Plain, counted
from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.core.likelihood import flow_log_prob
from scorefield.core.model import Model
from scorefield.core.noise_level import NoiseLevel, in_double
from scorefield.core.results import MotionEnergy
from scorefield.core.schedule import cosine
from scorefield.experiments.endpoints import endpoint
from scorefield.experiments.path_figures import flow_barriers, recorded
from scorefield.experiments.path_search import (
    CARRIED,
    GOAL,
    REACHED,
    FoundPath,
    PathSet,
    Search,
    find_paths,
)
from scorefield.metrics.along_path import along_path, path_summary, true_barrier
from scorefield.metrics.evaluators import FeatureEvaluator, LawEvaluator
from scorefield.paths._starts import bowed, line, slerp, through_noise
from scorefield.paths.hamiltonian import move
from scorefield.paths.instanton import least_action
from scorefield.paths.string import minimum_energy
from scorefield.pipeline.files import save_tensors
from tests.helpers.images import Reader
from tests.helpers.laws import SCHEDULES, gaussian, oracle
from tests.helpers.three import MEAN, VAR, WEIGHT, A, C

pytestmark = pytest.mark.usefixtures("double")


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_the_flow_knows_the_log_density_of_a_mixture(schedule):
    """Within .05 nats at every point, an order 2 in the number of steps."""
    law = Mixture(WEIGHT, MEAN, VAR[:, None, None] * torch.eye(2))
    x, t = torch.tensor([[0.0, 0.0], [-2.0, 0.1], [1.0, 1.3], [3.0, -1.0]]), torch.tensor(0.3)
    expected = law.log_prob(schedule, x, t)
    mean = (WEIGHT[:, None] * MEAN).sum(0)
    apart = MEAN - mean
    cov = (WEIGHT[:, None, None] * (law.cov + apart[:, :, None] * apart[:, None])).sum(0)
    given = {"prior": (mean, cov), "probes": 1}
    denoiser = law.denoiser(schedule)
    off = [
        (flow_log_prob(denoiser, x, t, steps=n, **given) - expected).abs().max().item()
        for n in (50, 100)
    ]
    assert off[0] < 0.05
    assert 3 < off[0] / off[1] < 5


def test_random_signs_find_the_divergence_of_a_gaussian_in_many_dimensions():
    d, std = 40, 0.5
    law = gaussian(std, dim=d)
    x, t = torch.randn(3, d), torch.tensor(0.4)
    prior = torch.zeros(d), std**2 * torch.eye(d)
    found = flow_log_prob(law.denoiser(cosine()), x, t, prior, steps=200, probes=2)
    torch.testing.assert_close(found, law.log_prob(cosine(), x, t), atol=0.05, rtol=0)


UNUSED = gaussian(1.0, dim=1).denoiser(cosine())


def test_a_drawn_endpoint_is_a_sample_of_the_denoiser_by_its_index():
    """Of a Gaussian of standard deviation .7, at the same place whatever else is drawn."""
    data = Images({"test": torch.zeros(1, 2, 1, 1), "test_labels": torch.zeros(1).long()})
    law = gaussian(0.7, dim=2)
    flat = Plain(
        lambda x, t: law.denoiser(cosine())(x.flatten(1), t.flatten()[:1]).view_as(x), cosine()
    )
    points = torch.stack([endpoint(f"drawn {i}", data, flat) for i in range(100)])
    assert points.shape == (100, 2, 1, 1)
    assert points.std().item() == pytest.approx(0.7, abs=0.12)
    assert torch.equal(endpoint("drawn 7", data, flat), points[7])


def test_an_endpoint_is_a_test_example_or_a_sample_or_an_image(tmp_path):
    data = Images({"test": torch.arange(6.0).view(6, 1, 1, 1), "test_labels": torch.arange(6) % 3})
    samples = tmp_path / "drawn.safetensors"
    save_tensors(samples, {"samples": torch.arange(10.0, 14.0).view(4, 1, 1, 1)})
    Image.new("L", (8, 8), 255).save(tmp_path / "mine.png")
    for name, expected in {
        "class 2": 2,
        "class 2 1": 5,
        "test 4": 4,
        f"{samples} 3": 13,
        str(tmp_path / "mine.png"): 1,
    }.items():
        assert endpoint(name, data, UNUSED).flatten().tolist() == [expected]
    generic = ("class 7", "class x", "test 99", f"{samples} 9", "class")
    errors = dict.fromkeys((*generic, ""), "no test example")
    errors |= {"nothing.png": "not found", "missing.safetensors 0": "not found"}
    for wrong, match in errors.items():
        with pytest.raises(InputError, match=match):
            endpoint(wrong, data, UNUSED)


def test_only_the_network_rounds_on_a_path_of_float64_points():
    seen, law = [], gaussian(1.0, dim=2)

    class Half(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones((), dtype=torch.float32))

        def forward(self, x, t):
            seen.append((x.dtype, t.dtype))
            return self.scale * x

    x = torch.randn(3, 2)
    model = Model(Half(), cosine(), "x0", [2])
    assert in_double(model)(x, 0.3).dtype == torch.float64
    assert seen == [(torch.float32, torch.float32)]
    exact = in_double(oracle(law, cosine()))(x, 0.3)
    torch.testing.assert_close(exact, law.denoiser(cosine())(x, 0.3), atol=1e-12, rtol=0)
    plain = in_double(law.denoiser(cosine()), torch.float64)(x, 0.3)
    torch.testing.assert_close(plain, exact, atol=1e-12, rtol=0)


def test_a_summary_has_means_over_pairs_of_endpoints():
    rows = [
        {"noise": 1.0, "endpoints": "a", "target": e, "method": m, "action": a, "rise": r, "rise_straight": 1.0}
        for e, m, a, r in (
            ("reached", "line", 3.0, 1.0), ("reached", "hamiltonian", 4.0, 1.0),
            ("reached", "instanton", 2.0, 1.5), ("goal", "line", 1.0, 1.0),
            ("goal", "instanton", 1.1, 1.5),
        )
    ]  # fmt: skip
    motion = MotionEnergy(torch.tensor([4.0, 2.0, 3.0]), torch.tensor([1.0, 1.2, 0.9]))
    found = path_summary(pandas.DataFrame(rows), [motion])
    assert found["action_line"] == 3 and found["goal_action_instanton"] == 1.1
    assert found["lowest"] == 0.5 and found["curl"] == 0.5
    assert found["energy_drift"] == pytest.approx(0.05)


def test_figures_along_a_path_are_distance_and_where_classes_are_known_certainty():
    """From (0, 0) to (4, 0), 2 from the only training example on average; test examples are 2."""
    points = Points({"train": torch.zeros(1, 2), "test": torch.tensor([[0.0, 2.0], [2.0, 0.0]])})
    clean = torch.tensor([[0.0, 0.0], [4.0, 0.0]])
    assert along_path(clean, points, LawEvaluator(gaussian(1.0, dim=2), cosine())) == {
        "distance": 1.0
    }
    images = Images({key: value.view(-1, 1, 1, 2) / 4 for key, value in points.tensors.items()})
    path = torch.tensor([[1.0, -1.0], [-1.0, 1.0], [-1.0, 1.0]]).view(3, 1, 1, 2)
    device = torch.device("cpu")
    distance = pytest.approx(2 * 2**0.5)
    assert along_path(path, images, FeatureEvaluator(Reader(), device)) == {"distance": distance}
    sure = pytest.approx(1 / (1 + exp(-2)), abs=0.01)
    expected = {"distance": distance, "certainty": sure, "certainty_least": sure, "switches": 1}
    assert (
        along_path(path, images, FeatureEvaluator(Reader(lambda features: features), device))
        == expected
    )


def test_first_paths_keep_their_ends_and_a_great_circle_its_angles():
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 4.0])
    turn = torch.atan2(*slerp(a, b, 8).mT.flip(0))
    torch.testing.assert_close(turn, torch.linspace(0, torch.pi / 2, 9))
    torch.testing.assert_close(slerp(a, b, 8).norm(dim=1), torch.linspace(2, 4, 9))
    law = gaussian(1.0, dim=2)
    noised = through_noise(law.denoiser(cosine()), 0.5, a, b, 8, 0)
    for path in (line(a, b, 8), slerp(a, b, 8), noised, bowed(line(a, b, 8), 0.1, 0)):
        torch.testing.assert_close(path[[0, -1]], torch.stack([a, b]), atol=1e-9, rtol=0)


def test_paths_over_an_exact_denoiser_end_in_modes_and_the_instanton_is_lowest():
    """Mean shift, motion, instanton and every figure, on the mixture at sigma / alpha = .3."""
    law = Mixture(WEIGHT, MEAN, VAR[:, None, None] * torch.eye(2))
    schedule = cosine()
    counter = Counter()
    level = NoiseLevel(counted(law.denoiser(schedule), counter), 0.3)
    given = {"nodes": 40, "iterations": 100}
    methods = partial(move), partial(least_action, **given), partial(minimum_energy, nodes=40)
    search = Search(
        *methods,
        nodes=40,
        relax=500,
        seed=0,
        examples=law.sample(300)[0],
        counter=counter,
    )
    before = find_paths(level, A, C, search).best() / level.alpha
    found = find_paths(level, A, C, search, before)
    records = recorded(level, found, "A > C", [None] * len(found.paths))
    by_name = {(record.target, record.method): record for record in records}
    straight = by_name[GOAL, "line"]
    assert level.field()(straight.path[[0, -1]]).abs().max() < 1e-2
    assert by_name[GOAL, "instanton"].figures["gap"] < 0.01
    assert set(by_name[GOAL, "instanton"].history) == {"line", "examples", CARRIED}
    assert {record.target for record in records} == {REACHED, GOAL, "tangent", "thermal"}
    for target in (REACHED, GOAL):
        actions = [r.figures["action"].item() for r in records if r.target == target]
        assert by_name[target, "instanton"].figures["action"].item() <= min(actions) * 1.001
    rise, along = (by_name[GOAL, "instanton"].figures[key] for key in ("rise", "rise_straight"))
    assert rise.item() == pytest.approx(along.item(), abs=0.02)
    true = true_barrier(straight.path, LawEvaluator(law, schedule), 0.3)
    assert straight.figures["barrier"].item() == pytest.approx(true, abs=0.01)


def test_a_barrier_by_the_flow_is_the_true_fall_of_log_density_between_the_ends_of_a_path():
    law = Mixture(WEIGHT, MEAN, VAR[:, None, None] * torch.eye(2))
    level, path = NoiseLevel(law.denoiser(cosine()), 0.3), line(A, C, 40)
    paths = [FoundPath(REACHED, "line", path, 0), FoundPath(GOAL, "line", path, 0)]
    found, spec = PathSet(paths, nodes=40), {"flow": 50, "probes": 1, "seed": 0}
    none, barrier = flow_barriers(level, found, law.sample(20_000)[0], spec)
    assert none is None
    true = true_barrier(path, LawEvaluator(law, cosine()), 0.3)
    assert barrier.item() == pytest.approx(true, abs=0.1)
    assert flow_barriers(level, found, path, spec | {"flow": 0}) == [None, None]
