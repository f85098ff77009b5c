"""Averages of weights with a power of the step as their profile, chosen after the training."""

import numpy as np
import pytest
import torch

from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.power_average import KEPT, Snapshot, decay, exponent, mixture, profile
from scorefield.core.schedule import cosine
from scorefield.experiments import checkpoints, training
from scorefield.experiments.training import seed_step, train
from scorefield.nets.mlp import MLP
from scorefield.objectives.ddpm import ddpm
from scorefield.pipeline.files import save_json, save_model
from scorefield.pipeline.kept_weights import SNAPSHOTS, averaged, load_weights, snapshots


@pytest.mark.parametrize("width, gamma", [(0.05, 16.97), (0.10, 6.94), (0.2886751, 0.0)])
def test_a_width_and_its_exponent_are_the_published_ones(width, gamma):
    """Karras et al. 2024, section 3.1: 5 % is gamma 16.97, 10 % is 6.94; a plain mean is 0."""
    assert exponent(width) == pytest.approx(gamma, abs=5e-3)
    g = exponent(width)
    assert (g + 1) ** 0.5 / (g + 2) / (g + 3) ** 0.5 == pytest.approx(width, rel=1e-6)


def test_a_width_that_no_power_has_is_refused():
    for width in (0.0, 0.3):
        with pytest.raises(InputError, match=r"at most 0\.289"):
            exponent(width)


@pytest.mark.parametrize("width", [0.05, 0.1, 0.2])
def test_the_profile_holds_the_weights_of_the_steps_in_the_running_average(width):
    steps, gamma = 40, exponent(width)
    weights = np.zeros(steps)
    for step in range(1, steps + 1):
        weights *= decay(step, gamma)
        weights[step - 1] += 1 - decay(step, gamma)
    assert np.allclose(profile(Snapshot(steps, width), steps), weights)
    early = profile(Snapshot(25, width), steps)
    assert early[25:].sum() == 0 and early.sum() == pytest.approx(1)


@pytest.mark.parametrize("width", [0.04, 0.075, 0.1, 0.15, 0.2])
def test_sixteen_snapshots_of_two_averages_give_any_width(width):
    """A kept width exactly; another one with an error below 4 % of the profile's norm."""
    steps = 4000
    kept = [Snapshot(steps * i // 16, each) for i in range(1, 17) for each in KEPT]
    wanted = profile(Snapshot(steps, width), steps)
    shares = mixture(kept, Snapshot(steps, width))
    found = sum(a * profile(each, steps) for a, each in zip(shares, kept, strict=True))
    error = np.linalg.norm(found - wanted) / np.linalg.norm(wanted)
    assert error < (1e-9 if width in KEPT else 0.04)
    assert found.sum() == pytest.approx(1, abs=0.01)


def trained(folder, snapshots=8, visit=None, **knobs):
    seed_step(0, -1)
    model = Model(MLP(2, 8, 1), cosine(), "v", [2])
    data = {key: torch.randn(256, 2) for key in ("train", "validation")}

    def loss(model, batch):
        if model.training and visit:
            visit(model)
        return ddpm(model, batch)

    given = {"steps": 80, "batch": 32, "lr": 1e-2, "validations": 2, "snapshots": snapshots}
    *_, (state, _) = train(model, loss, data, folder, 0, True, **(given | knobs))
    return model, state


def test_weights_averaged_after_the_training_are_those_averaged_in_it(tmp_path):
    _, state = trained(tmp_path)
    shape = {"train": [1, 2]}
    config = {"net": "mlp", "numbers": {"width": 8, "depth": 1}, "shapes": shape}
    save_model(tmp_path, config | {"schedule": "cosine", "predict": "v"}, state.average)
    save_json(tmp_path / "figures.json", {"steps": 80})
    assert len(snapshots(tmp_path / SNAPSHOTS)) == 16
    for width, average in state.powers.items():
        found = load_weights(tmp_path, width).net.state_dict()
        for key, value in average.net.state_dict().items():
            torch.testing.assert_close(found[key], value, rtol=1e-4, atol=1e-5)
    last = load_weights(tmp_path).net.state_dict()
    assert all(map(torch.equal, last.values(), state.average.net.state_dict().values()))


def test_another_width_is_nearly_the_average_that_a_training_would_have_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("scorefield.experiments.averages.KEPT", (0.05, 0.1, 0.15))
    _, state = trained(tmp_path, snapshots=20)
    for file in (tmp_path / SNAPSHOTS).glob("*-0.15.safetensors"):
        file.unlink()
    save_json(tmp_path / "figures.json", {"steps": 80})
    wanted, other = (state.powers[width].net.state_dict() for width in (0.15, 0.05))
    found = averaged(tmp_path, 0.15)
    gap, apart = (
        sum((found[key] - value).square().sum() for key, value in each.items()).sqrt()
        for each in (wanted, other)
    )
    assert gap < 0.1 * apart


def test_power_averages_change_no_other_weight_and_resume_to_the_byte(tmp_path, monkeypatch):
    (tmp_path / "once").mkdir()
    (tmp_path / "twice").mkdir()
    plain, _ = trained(None, snapshots=0)
    model, _ = trained(tmp_path / "once")
    assert all(map(torch.equal, plain.state_dict().values(), model.state_dict().values()))
    monkeypatch.setattr(checkpoints, "EVERY", -1.0)

    begun = []

    def killed(model):
        begun.append(1)
        if len(begun) == 45:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "twice", visit=killed)
    trained(tmp_path / "twice")
    files = [sorted((tmp_path / run / SNAPSHOTS).iterdir()) for run in ("once", "twice")]
    for one, other in zip(*files, strict=True):
        assert one.name == other.name and one.read_bytes() == other.read_bytes()


def test_a_flip_mirrors_half_of_the_images_and_nothing_else():
    x = torch.arange(4000.0)[:, None, None, None] + torch.tensor([0.0, 0.25, 0.5])
    found = training.mirrored(x)
    flipped = (found == x.flip(-1)).flatten(1).all(1)
    assert torch.equal(torch.where(flipped[:, None, None, None], x.flip(-1), x), found)
    assert flipped.double().mean().item() == pytest.approx(0.5, abs=0.04)


def test_weights_that_a_training_did_not_keep_are_refused_in_one_line(tmp_path):
    with pytest.raises(InputError, match="no snapshots to average"):
        averaged(tmp_path, 0.1)
    with pytest.raises(InputError, match="has no best weights"):
        load_weights(tmp_path, "best")
    with pytest.raises(InputError, match="no folder to keep them in"):
        trained(None)
