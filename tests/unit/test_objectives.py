import copy

import pytest
import torch

from scorefield.core.model import Model
from scorefield.core.schedule import cosine, ddpm
from scorefield.nets.convnet import ConvNet
from scorefield.nets.mlp import MLP
from scorefield.nets.ratio_mlp import ratio_mlp
from scorefield.objectives import _times
from scorefield.objectives._ratio import GROUP, pairs
from scorefield.objectives._times import drawn_times, stratified
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

    def loss(model):
        torch.manual_seed(1)  # the same times and noise
        return denoising(model, {"x": x}, predict="x0", levels="uniform").mean()

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
    t = ((torch.randperm(64) + 1 - torch.rand(64)) / 64)[:, None]
    alpha, sigma = ddpm()(t)
    z = torch.randn_like(x)
    target = {"eps": z, "x0": x, "v": alpha * z - sigma * x}[predict]
    mine = (model.net(alpha * x + sigma * z, t) - target).square().mean(1)
    torch.testing.assert_close(loss, mine)


class Zero(torch.nn.Module):
    def forward(self, x, t):
        return torch.zeros_like(x)


@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_of_the_times_of_a_batch_one_is_in_each_of_n_equal_parts_and_uniform_there(n):
    drawn = torch.stack([stratified(n) for _ in range(2000)])
    parts = n * drawn
    assert torch.equal(parts.ceil().sort().values, torch.arange(1.0, n + 1).expand(2000, n))
    within = parts - parts.ceil() + 1
    assert within.mean().item() == pytest.approx(0.5, abs=5 / (12 * 2000 * n) ** 0.5)
    assert within.square().mean().item() == pytest.approx(1 / 3, abs=0.3 * 5 / (2000 * n) ** 0.5)


@pytest.mark.parametrize("location, spread", [(0.3, 1.0), (-1.0, 0.5)])
def test_logit_normal_times_are_one_in_each_of_n_parts_of_equal_probability(location, spread):
    n = 1000
    t = drawn_times(torch.empty(n, 2), "logit_normal", location, spread, training=True)
    share = torch.special.ndtr((t.logit() - location) / spread)
    assert torch.equal((n * share).ceil().sort().values, torch.arange(1.0, n + 1))


@pytest.mark.parametrize("levels", ["uniform", "table", "logit_normal"])
def test_validation_takes_times_that_do_not_depend_on_those_of_training(levels):
    seen = []
    model = Model(MLP(1, 8, 1), ddpm(), "eps", [1]).eval()
    model.net.register_forward_hook(lambda _, args, __: seen.append(args[1]))
    denoising(model, {"x": torch.randn(1000, 1)}, predict="eps", levels=levels)
    assert torch.equal(
        (1000 * seen[0]).sub(1e-9).ceil().sort(0).values[:, 0], torch.arange(1.0, 1001)
    )


@pytest.mark.parametrize("condition", ["clean", "same_t"])
def test_the_times_of_pairs_are_uniform_also_where_rows_share_one(condition):
    shapes = {"train": [1, 2], "train_pair": [1, 2]}
    net = ratio_mlp(shapes, cosine(), width=4, depth=1, condition=condition)
    model, n, batches = Model(net, cosine(), "x0", [2]), 2 * GROUP, 500
    batch = {"x": torch.randn(n, 2), "pair": torch.randn(n, 2)}
    with torch.no_grad():
        t = torch.cat([pairs(model, batch)[3] for _ in range(batches)])
    chance = 0.5 / (2 * batches) ** 0.5  # where there are two times in a batch
    for edge in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert (t <= edge).double().mean().item() == pytest.approx(edge, abs=4 * chance)


def test_the_loss_of_a_batch_with_stratified_times_has_the_same_mean_and_less_variance(monkeypatch):
    """For N(0, I) in D dimensions and the cosine schedule the exact denoiser predicts v = 0; its
    error at t is s chi^2_D / D, s = sin^2(pi t / 2). Over all t the mean is E s = 1/2, the variance
    Var s + 2 E s^2 / D = 1/8 + 3 / (4 D). Stratified times leave out Var s, but for O(1 / n^2)."""
    dim, n, batches = 8, 16, 2000
    model = Model(Zero(), cosine(), "v", [dim])

    def losses():
        x = torch.randn(batches, n, dim)
        return torch.stack([denoising(model, {"x": each}, predict="x0").mean() for each in x])

    mine = losses()
    independent = lambda n: 1 - torch.rand(n)
    monkeypatch.setattr(_times, "stratified", independent)
    others = losses()
    for found, variance in ((mine, 3 / (4 * dim)), (others, 1 / 8 + 3 / (4 * dim))):
        assert found.mean().item() == pytest.approx(0.5, abs=4 * (variance / n / batches) ** 0.5)
        assert n * found.var().item() == pytest.approx(variance, rel=4 * (2.5 / batches) ** 0.5)


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
