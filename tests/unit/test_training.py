import pytest
import torch

from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.registry import load_method, methods
from scorefield.core.schedule import cosine
from scorefield.experiments import checkpoints, training
from scorefield.experiments.training import seed_step, train
from scorefield.nets.mlp import MLP
from scorefield.objectives.ddpm import ddpm
from scorefield.pipeline.files import (
    build,
)
from tests.helpers.laws import gaussian, oracle
from tests.helpers.networks import UNET, config

RATES = {"adamw": 3e-3, "muon": 0.02}


@pytest.fixture(params=methods("optimisers"))
def optimiser(request):
    return request.param


@torch.no_grad()
def test_bfloat16_differs_from_float32_by_its_rounding_alone():
    seed_step(0, 0)
    model = build(config(**(UNET | {"small": [16, 32]})))
    x, t = torch.randn(8, 1, 28, 28), torch.tensor(0.5)
    exact = model(x, t)
    model.net.precision = "bfloat16"
    gap = (model(x, t) - exact).square().mean().sqrt() / exact.std()
    assert 1e-5 < gap < 0.02


def trained(steps, folder, **knobs):
    seed_step(0, -1)
    model = Model(MLP(2, 16, 1), cosine(), "v", [2])
    data = {"train": torch.randn(4096, 2), "validation": torch.randn(4096, 2)}
    given = {"batch": 32, "lr": 1e-3, "validations": 2} | knobs
    return model, list(train(model, ddpm, data, folder, 0, steps=steps, **given))


class Killed(Exception):
    """Ends a training in the middle of a step."""


def images(folder, optimiser, killed_in=10**6):
    """The last state of ten steps of a small U-Net, and how many steps this process began."""
    seed_step(0, -1)
    model, begun = build(config(**UNET)), []
    data = {key: torch.randn(16, 1, 28, 28) for key in ("train", "validation")}

    def loss(model, batch):
        if model.training:
            begun.append(1)
            if len(begun) == killed_in:
                raise Killed
        return ddpm(model, batch)

    given = {"steps": 10, "batch": 4, "validations": 2, "lr": RATES[optimiser]}
    *_, (state, _) = train(model, loss, data, folder, 0, True, optimiser=optimiser, **given)
    return model, state, len(begun)


def test_a_training_that_is_resumed_ends_with_the_bytes_of_an_undisturbed_one(
    optimiser, tmp_path, monkeypatch
):
    monkeypatch.setattr(checkpoints, "EVERY", -1.0)  # after each step
    (tmp_path / "once").mkdir()
    (tmp_path / "twice").mkdir()
    model, state, begun = images(tmp_path / "once", optimiser)
    with pytest.raises(Killed):
        images(tmp_path / "twice", optimiser, killed_in=8)
    again, resumed, more = images(tmp_path / "twice", optimiser)
    assert (begun, more) == (10, 3)
    assert resumed.progress == state.progress
    for a, b in ((model, again), (state.average, resumed.average), (state.best, resumed.best)):
        assert all(map(torch.equal, a.state_dict().values(), b.state_dict().values()))


def test_a_model_without_weights_is_validated_and_not_trained(optimiser):
    model, x = oracle(gaussian(1.0, dim=2), cosine()), torch.randn(64, 2)
    data = {"train": x, "validation": x}
    ((state, row),) = train(model, ddpm, data, None, 0, True, optimiser=optimiser)
    assert row["step"] == state.progress.step == row["lr"] == 0


def test_an_optimiser_given_by_name_is_its_function(optimiser, tmp_path):
    ends = [
        trained(5, None, optimiser=given)[0].state_dict().values()
        for given in (optimiser, load_method("optimisers", optimiser))
    ]
    assert all(map(torch.equal, *ends))


def test_the_rate_rises_and_then_falls_linearly_and_the_curve_tells_it(optimiser):
    """(i + 1) / warmup of lr, times 1 - i / steps, in step i."""
    _, rows = trained(8, None, optimiser=optimiser, lr=0.01, warmup=4, validations=8)
    told = [row["lr"] for _, row in rows]
    assert told == pytest.approx([0.01 * min(1, (i + 1) / 4) * (1 - i / 8) for i in range(8)])


def test_a_diverging_training_is_told_in_one_line(tmp_path):
    with pytest.raises(InputError, match="diverged") as caught:
        trained(60, tmp_path, lr=1e30, clip=1e30, warmup=0)
    assert "\n" not in str(caught.value)


def test_the_average_with_no_memory_is_the_model_and_with_some_lags_behind(tmp_path):
    for ema, same in ((0.0, True), (0.9, False)):
        model, rows = trained(20, tmp_path, ema=ema)
        pairs = zip(rows[-1][0].average.parameters(), model.parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs) == same


def test_training_learns_a_gaussian_to_its_closed_form_loss(optimiser, tmp_path):
    """For N(0, 1) data and the cosine schedule the best v-error is 1, that of predicting 0."""
    _, rows = trained(400, tmp_path, optimiser=optimiser, lr=RATES[optimiser], batch=256)
    assert rows[-1][1]["validation_loss"] == pytest.approx(1.0, abs=0.04)


def test_no_loss_is_lost_however_seldom_losses_are_read(monkeypatch):
    seen = []
    for every in (1, 7):
        monkeypatch.setattr(training, "READ", every)
        _, rows = trained(20, None)
        state, row = rows[-1]
        losses = [step["loss"] for step in state.series]
        assert len(losses) == 10 and row["loss"] == sum(losses) / 10
        seen.append(losses)
    assert seen[0] == seen[1]


def test_the_loss_of_the_progress_bar_is_finite_where_a_validation_has_just_read_it(monkeypatch):
    monkeypatch.setattr(training, "READ", 10)
    states = [state for state, _ in trained(20, None)[1]]
    assert states[-1].progress.recent == []
    assert states[-1].read() == states[-1].series[-1]["loss"]


def test_with_flip_half_of_the_images_of_training_are_mirrored_and_none_of_validation():
    x = torch.tensor([0.0, 1.0]).expand(64, 1, 1, 2).contiguous()
    model, seen = build(config(**UNET)), {True: [], False: []}

    def loss(model, batch):
        seen[model.training].append(batch["x"][:, 0, 0])
        return sum(weight.sum() for weight in model.parameters()) * torch.zeros(len(batch["x"]))

    given = {"steps": 8, "batch": 256, "validations": 1, "flip": True}
    list(train(model, loss, {"train": x, "validation": x}, None, 0, True, **given))
    fresh = torch.cat(seen[True])
    assert fresh.sum(1).unique().tolist() == [1.0]
    assert fresh[:, 0].mean().item() == pytest.approx(0.5, abs=0.05)
    assert torch.cat(seen[False])[:, 0].sum() == 0


def test_dropout_of_a_unet_acts_in_training_alone():
    model, x = build(config(**UNET, dropout=0.5)), torch.randn(2, 1, 28, 28)
    assert not torch.equal(model(x, 0.5), model(x, 0.5))
    model.eval()
    assert torch.equal(model(x, 0.5), model(x, 0.5))
