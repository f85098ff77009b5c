import copy

import pytest
import torch

from scorefield.core.model import Model
from scorefield.core.schedule import cosine, ddpm
from scorefield.nets.convnet import ConvNet
from scorefield.nets.mlp import MLP
from scorefield.objectives.classifier import classifier
from scorefield.objectives.ddpm import ddpm as denoising
from tests.helpers.laws import SCHEDULES, oracle, three

pytestmark = pytest.mark.usefixtures("double")


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_the_exact_denoiser_pays_the_mean_posterior_variance(schedule):
    """E |x_0 - D|^2 = E tr Cov[x_0 | x_t], per coordinate, over uniform t."""
    law, n = three(), 200_000
    x, _ = law.sample(n)
    paid = denoising(oracle(law, schedule), {"x": x}, predict="x0", levels="uniform")
    t = torch.rand(n, 1)
    alpha, sigma = schedule(t)
    x_t = alpha * x + sigma * torch.randn_like(x)
    due = law.covariance(schedule, x_t, t).diagonal(dim1=1, dim2=2).mean(1)
    assert paid.mean().item() == pytest.approx(due.mean().item(), rel=0.02)


def test_nothing_beats_the_exact_denoiser():
    law = three()
    x, _ = law.sample(50_000)
    model = oracle(law, cosine())
    loss = lambda m: denoising(m, {"x": x}, predict="x0", levels="uniform").mean()
    best = loss(model)
    for key in ("mean", "cov"):
        worse = copy.deepcopy(model)
        getattr(worse.net.mixture, key).mul_(1.3)
        assert loss(worse) > best


@pytest.mark.parametrize("predict", ["eps", "v", "x0"])
def test_the_loss_is_the_networks_own_squared_error(predict):
    model, x = Model(MLP(2, 16, 1), ddpm(), predict, [2]), torch.randn(64, 2)
    torch.manual_seed(5)
    loss = denoising(model, {"x": x}, predict=predict, levels="uniform")
    torch.manual_seed(5)
    t = 1 - torch.rand(64, 1)
    alpha, sigma = ddpm()(t)
    z = torch.randn_like(x)
    target = {"eps": z, "x0": x, "v": alpha * z - sigma * x}[predict]
    mine = (model.net(alpha * x + sigma * z, t) - target).square().mean(1)
    torch.testing.assert_close(loss, mine)


@pytest.mark.parametrize("levels, whole", [("table", True), ("uniform", False)])
def test_the_table_has_a_thousand_levels_without_zero(levels, whole):
    seen = []
    model = Model(MLP(1, 8, 1), ddpm(), "eps", [1])
    model.net.register_forward_hook(lambda _, args, __: seen.append(args[1]))
    denoising(model, {"x": torch.randn(5000, 1)}, predict="eps", levels=levels)
    index = 1000 * seen[0]
    assert index.min() > 0 and index.max() <= 1000
    assert torch.allclose(index, index.round(), atol=1e-6) == whole


def test_augmentation_by_nothing_is_cross_entropy_and_is_off_in_evaluation():
    model = Model(ConvNet(1, 8, 16, 10), cosine(), "x0", [1, 28, 28])
    batch = {"x": torch.rand(8, 1, 28, 28) * 2 - 1, "y": torch.arange(8)}
    expected = -model.net(batch["x"]).log_softmax(1)[torch.arange(8), batch["y"]]
    off = classifier(model, batch, shift=0.0, turn=0.0, smoothing=0.0)
    torch.testing.assert_close(off, expected)
    moved = classifier(model, batch, shift=2.0, turn=10.0, smoothing=0.0)
    assert not torch.allclose(moved, expected)
    model.eval()
    torch.testing.assert_close(
        classifier(model, batch, shift=2.0, turn=10.0, smoothing=0.0), expected
    )


def test_a_shift_moves_by_pixels_and_fills_with_black():
    seen = []
    model = Model(torch.nn.Flatten(), cosine(), "x0", [1, 9, 9])
    model.net.register_forward_hook(lambda _, args, __: seen.append(args[0]))
    x = -torch.ones(400, 1, 9, 9)
    x[:, :, 4, 4] = 1
    classifier(model, {"x": x, "y": torch.zeros(400).long()}, shift=2.0, turn=0.0, smoothing=0.0)
    bright = seen[0] + 1
    place = torch.arange(9.0) - 4
    across = (bright.sum((1, 2)) * place).sum(1) / bright.sum((1, 2, 3))
    torch.testing.assert_close(bright.sum((1, 2, 3)), torch.full((400,), 2.0))
    assert 1.9 < across.abs().max() <= 2.0 and across.std() == pytest.approx(4 / 12**0.5, rel=0.1)
