import pytest
import torch

from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.schedule import cosine
from scorefield.experiments.training import seed_step, train
from scorefield.nets.mlp import MLP
from scorefield.objectives.ddpm import ddpm
from scorefield.pipeline.files import (
    build,
)
from tests.helpers.networks import UNET, config


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


def test_a_diverging_training_is_told_in_one_line(tmp_path):
    with pytest.raises(InputError, match="diverged") as caught:
        trained(60, tmp_path, lr=1e30, clip=1e30, warmup=0)
    assert "\n" not in str(caught.value)


def test_the_average_with_no_memory_is_the_model_and_with_some_lags_behind(tmp_path):
    for ema, same in ((0.0, True), (0.9, False)):
        model, rows = trained(20, tmp_path, ema=ema)
        pairs = zip(rows[-1][0].average.parameters(), model.parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs) == same


def test_training_learns_a_gaussian_to_its_closed_form_loss(tmp_path):
    """For N(0, 1) data and the cosine schedule the best v-error is 1, that of predicting 0."""
    _, rows = trained(400, tmp_path, lr=3e-3, batch=256)
    assert rows[-1][1]["validation_loss"] == pytest.approx(1.0, abs=0.04)
