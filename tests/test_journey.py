"""Journeys: their ends, what is met on the way, and likelihoods along them."""

from functools import partial

import pandas
import pytest
import torch
from PIL import Image

from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.core.files import save_tensors
from scorefield.core.schedule import cosine
from scorefield.lab.ends import bowed, end, line, slerp, through_noise
from scorefield.lab.journey import Level, doubled, measured, travel
from scorefield.metrics.likelihood import flow_log_prob
from scorefield.metrics.passage import passage, summed
from scorefield.paths.hamiltonian import hamiltonian
from scorefield.paths.instanton import instanton
from tests.laws import SCHEDULES, gaussian, oracle
from tests.three import MEAN, VAR, WEIGHT, A, C

pytestmark = pytest.mark.usefixtures("double")


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
