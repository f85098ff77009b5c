"""Scores while a model trains: they change nothing in it, and choose the best weights."""

import pandas
import pytest
import torch

from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.schedule import cosine, times
from scorefield.experiments import checkpoints
from scorefield.experiments.score_samples import SEED, ScoredSamples
from scorefield.experiments.training import seed_step, train
from scorefield.experiments.watch import Watch, watch
from scorefield.metrics.mmd import mmd
from scorefield.metrics.watched import watched
from scorefield.nets.mlp import MLP
from scorefield.objectives.ddpm import ddpm
from scorefield.pipeline.mlflow_record import curve_series
from scorefield.plots.training import training
from scorefield.samplers.heun import heun

GIVEN = {"every": 10, "samples": 300, "steps": 2, "sampler": "heun"}


class Killed(Exception):
    """Ends a training in the middle of a step."""


def points() -> dict[str, torch.Tensor]:
    source = torch.Generator().manual_seed(0)
    return {key: torch.randn(256, 2, generator=source) for key in ("train", "validation")}


def trained(folder, seen=None, killed_in=10**6):
    seed_step(0, -1)
    model, begun = Model(MLP(2, 8, 1), cosine(), "v", [2]), []

    def loss(model, batch):
        if model.training:
            begun.append(1)
            if len(begun) == killed_in:
                raise Killed
        return ddpm(model, batch)

    folder.mkdir(exist_ok=True)
    given = {"steps": 40, "batch": 32, "lr": 1e-2, "validations": 4}
    *_, (state, _) = train(model, loss, points(), folder, 0, True, watch=seen, **given)
    return model, state


def weights(model: Model):
    return model.state_dict().values()


def test_a_watched_training_has_the_weights_of_one_that_is_not(tmp_path):
    seen = watch(points(), tmp_path / "grids", **GIVEN)
    plain, watched_one = trained(tmp_path / "a"), trained(tmp_path / "b", seen)
    for one, other in ((plain[0], watched_one[0]), (plain[1].average, watched_one[1].average)):
        assert all(map(torch.equal, weights(one), weights(other)))
    rows = zip(plain[1].progress.curve, watched_one[1].progress.curve, strict=True)
    for row, scored in rows:
        assert row == {key: value for key, value in scored.items() if key != "mmd2"}


def test_the_score_is_that_of_samples_of_the_averaged_weights(tmp_path):
    seen = watch(points(), tmp_path / "grids", **GIVEN)
    _, state = trained(tmp_path / "a", seen)
    x = torch.cat([streams(SEED, part)(torch.empty(len(part), 2)) for part in (range(300),)])
    *_, x = heun(state.average, x, times(2))
    expected = mmd(x, points()["validation"])
    assert state.progress.curve[-1]["mmd2"] == pytest.approx(expected, abs=1e-7)
    pictures = sorted(path.name for path in (tmp_path / "grids").glob("*.png"))
    assert pictures == ["000010.png", "000020.png", "000030.png", "000040.png"]


def test_the_best_weights_are_those_of_the_least_score(tmp_path):
    values, kept = iter([3.0, 1.0, 2.0, 5.0]), []

    def measure(x):
        kept.append(x.clone())
        return next(values)

    scored = ScoredSamples("fid", 20, heun, 2, measure, torch.zeros(1, 2), tmp_path)
    seen = Watch("fid", 10, scored)
    _, state = trained(tmp_path / "a", seen)
    assert state.figures()["best_fid"] == 1.0 and state.figures()["best_step"] == 20
    *_, x = heun(state.best, streams(SEED, range(20))(torch.empty(20, 2)), times(2))
    assert torch.equal(x, kept[1])


def test_a_watched_training_that_is_resumed_ends_with_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "EVERY", -1.0)
    found = []
    for name, kills in (("once", ()), ("twice", (24,))):
        seen = watch(points(), tmp_path / name, **GIVEN)
        for kill in kills:
            with pytest.raises(Killed):
                trained(tmp_path / name, seen, kill)
        found.append(trained(tmp_path / name, seen))
    (model, state), (again, resumed) = found
    assert resumed.progress == state.progress
    for a, b in ((model, again), (state.average, resumed.average), (state.best, resumed.best)):
        assert all(map(torch.equal, weights(a), weights(b)))
    pictures = [sorted((tmp_path / name).glob("*.png")) for name in ("once", "twice")]
    for one, other in zip(*pictures, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_a_training_that_was_killed_after_its_last_step_is_validated_once(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "EVERY", -1.0)
    _, state = trained(tmp_path / "a")
    _, again = trained(tmp_path / "a")
    assert again.progress == state.progress and len(state.progress.curve) == 4


def test_series_of_steps_and_scores_have_the_names_of_the_tracker(tmp_path):
    seen = watch(points(), tmp_path / "grids", **GIVEN)
    _, state = trained(tmp_path / "a", seen)
    row = state.progress.curve[-1]
    series = curve_series(row, state.series)
    assert [step for step, _ in series] == [*range(31, 41), 40]
    for _, values in series[:-1]:
        names = {"loss", "grad_norm", "lr", "images_per_second"}
        assert values.keys() == {f"train/{name}" for name in names}
    assert series[-1][1].keys() == {"epoch/loss", "epoch/validation_loss", "eval/mmd2"}
    means = curve_series(row)[0][1]
    assert means["train/grad_norm"] == pytest.approx(
        sum(values["train/grad_norm"] for _, values in series[:-1]) / 10
    )
    training(pandas.DataFrame(state.progress.curve), str(tmp_path / "a.png"))
    assert (tmp_path / "a.png").exists()


def test_what_a_watch_cannot_do_is_told_in_one_line():
    x, images = torch.randn(40, 2), torch.zeros(40, 1, 8, 8)
    for score, real, said in (
        ("fid", x, "fid is for images"),
        ("mmd2", images, "mmd2 is for points"),
        ("fid", images, "expected a folder, such as"),
    ):
        with pytest.raises(InputError, match=said):
            watched(score, "", "", real)
    with pytest.raises(InputError, match="has the checksum"):
        watched("fid", "zoo/mnist-classifier", "0", images)
    assert watch({"validation": x}, None) is None


def test_images_are_scored_by_the_features_of_a_network():
    real = torch.rand(60, 1, 28, 28) * 2 - 1
    for score in ("fid", "kid"):
        measure = watched(score, "zoo/mnist-classifier", "", real)
        near, far = measure(real.clone()), measure(-torch.ones_like(real))
        assert near < far and near == pytest.approx(0, abs=0.05 * far)
