"""Density ratios: each loss finds the log ratio, and its guidance the exact conditional law."""

from math import log

import pytest
import torch
from torch import nn

from scorefield.core.exact import Mixture, pointwise_mutual_information
from scorefield.core.model import Model
from scorefield.core.schedule import Schedule, linear
from scorefield.nets._ratio import Ratio
from scorefield.objectives._ratio import pairs, partners, probe
from scorefield.objectives.disc import disc
from scorefield.objectives.dv import dv
from scorefield.objectives.kliep import kliep
from scorefield.objectives.rulsif import rulsif
from scorefield.objectives.ulsif import ulsif
from tests.helpers.laws import Oracle, gaussian, pair

pytestmark = pytest.mark.usefixtures("double")


LOSSES = {disc: {}, kliep: {}, ulsif: {}, rulsif: {"relative": 0.2}, dv: {"decay": 0.9}}


def fixed(alpha: float, sigma: float) -> Schedule:
    return Schedule(lambda t: alpha + 0 * t, lambda t: sigma + 0 * t)


class Cells(nn.Module):
    """T of every x with every y of a finite table."""

    condition, pairing, shift, turn = "clean", "instance", 0.0, 0.0

    def __init__(self, rows: int, columns: int):
        super().__init__()
        self.values = nn.Parameter(torch.zeros(rows, columns))
        self.register_buffer("log_mean", torch.zeros(10))

    def table(self, x, t, y, s):
        return self.values[x[:, 0].long()][:, y[:, 0].long()]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_the_minimiser_on_a_finite_table_is_the_log_ratio(loss):
    """Counts of joint pairs, and of the pairs of different rows, which are the independent ones."""
    counts = torch.tensor([[30, 6, 4], [5, 25, 10], [2, 3, 35]])
    cells = counts.nonzero().repeat_interleave(counts.flatten(), 0)
    batch = {"x": cells[:, :1].double(), "pair": cells[:, 1:].double()}
    n = counts.sum()
    apart = (counts.sum(1, keepdim=True) * counts.sum(0) - counts) / (n * (n - 1))
    due = (counts / n / apart).log()
    model = Model(Cells(3, 3), fixed(1.0, 0.0), "x0", [1])
    for _ in range(60 if loss is dv else 1):
        optimiser = torch.optim.LBFGS(
            model.net.parameters(), max_iter=200, line_search_fn="strong_wolfe"
        )

        def closure(optimiser=optimiser):
            optimiser.zero_grad()
            model.eval()
            value = loss(model, batch, **LOSSES[loss]).mean()
            value.backward()
            return value

        optimiser.step(closure)
        if loss is dv:
            model.train()
            loss(model, batch, **LOSSES[loss])
    found = model.net.values.detach()
    if loss is dv:  # only up to a constant, which its normaliser knows
        found = found - found.mean() + due.mean()
    torch.testing.assert_close(found, due, atol=2e-4, rtol=0)


def test_relative_least_squares_alone_would_lose_the_guidance_where_pairs_match():
    """d log w / d T = 1 - a w: .967, .80, .351, .026 at T = -2, 0, 2, 5 for a = .2; T itself, which
    guides here, keeps all of it."""
    t = torch.tensor([-2.0, 0.0, 2.0, 5.0], requires_grad=True)
    w = (t + log(0.2 / 0.8)).sigmoid() / 0.2
    torch.testing.assert_close(w, t.exp() / (0.2 * t.exp() + 0.8))
    (slope,) = torch.autograd.grad(w.log().sum(), t)
    torch.testing.assert_close(slope, torch.tensor([0.967, 0.80, 0.351, 0.026]), atol=6e-4, rtol=0)


@pytest.mark.parametrize("size", [32, 128])
def test_a_batch_normaliser_biases_the_gradient_by_one_over_its_size_and_a_fixed_one_does_not(size):
    """A Gaussian pair with correlation rho, T the true log ratio, its slope along f = x y: the bias
    of E_B[e^T f] / E_B[e^T] is to first order -(E[e^2T f] - E[e^2T] rho) / B."""
    rho, n = 0.4, 4_096_000
    x, y = torch.randn(2, n)
    r = 1 - rho**2
    t = -log(r) / 2 - (rho**2 * (x**2 + y**2) - 2 * rho * x * y) / (2 * r)
    w, f = t.exp(), x * y
    due = -((w * w * f).mean() - (w * w).mean() * rho) / size
    fixed, norm = (w * f).view(-1, size).mean(1), w.view(-1, size).mean(1)
    assert (fixed / norm - fixed).mean().item() == pytest.approx(due.item(), rel=0.15)
    assert fixed.mean().item() == pytest.approx(
        rho, abs=4 * (fixed.std() / len(fixed) ** 0.5).item()
    )


CASES = [  # the note's table: alpha, sigma, s noised as x, T, slope, guided x_0
    (0.6, 0.4, False, -3.227269, -4.564866, -0.294221),
    (0.6, 0.4, True, -2.606709, -3.130752, 0.088210),
    (0.2, 0.8, False, -0.273998, -0.364604, -0.931439),
    (0.7**0.5, 0.3**0.5, False, -2.323084, -2.960493, -0.392212),
    (0.7**0.5, 0.3**0.5, True, -1.275157, -1.675543, 0.068531),
    (1.0, 2.0, False, -0.229982, -0.267208, -0.908831),
]


@pytest.mark.parametrize("alpha, sigma, same, value, slope, guided", CASES)
def test_information_of_a_gaussian_pair_and_its_guidance_have_the_published_values(
    alpha, sigma, same, value, slope, guided
):
    schedule = Schedule(
        lambda t: torch.where(t > 0, alpha, 1.0), lambda t: torch.where(t > 0, sigma, 0.0)
    )
    x, y, t = torch.tensor([[0.8]], requires_grad=True), torch.tensor([[-1.1]]), torch.tensor(0.5)
    found = pointwise_mutual_information(pair(), schedule, x, t, y, t if same else 0 * t)
    (g,) = torch.autograd.grad(found.sum(), x)
    assert found.item() == pytest.approx(value, abs=1e-6)
    assert g.item() == pytest.approx(slope, abs=1e-6)
    moved = gaussian(1.0).denoiser(schedule)(x, t) + sigma**2 / alpha * g
    assert moved.item() == pytest.approx(guided, abs=1e-6)


def test_information_of_a_mixture_has_the_published_value():
    """Means +-1 for both, standard deviation .5, linear schedule at t = .4."""
    mean = torch.tensor([[1.0, 1.0], [-1.0, -1.0]])
    law = Mixture(torch.full((2,), 0.5), mean, 0.25 * torch.eye(2).repeat(2, 1, 1))
    x, y, t = torch.tensor([[0.3]], requires_grad=True), torch.tensor([[0.8]]), torch.tensor(0.4)
    for s, value, slope in ((0 * t, 0.479250, 0.917529), (t, 0.464330, 0.895098)):
        found = pointwise_mutual_information(law, linear(), x, t, y, s)
        (g,) = torch.autograd.grad(found.sum(), x)
        assert (found.item(), g.item()) == pytest.approx((value, slope), abs=1e-6)


def test_partners_share_a_label_and_each_is_taken_once():
    labels = torch.randint(5, (64,))
    found = partners(labels)
    assert torch.equal(labels[found], labels) and found.sort().values.tolist() == list(range(64))
    lone = (labels[:, None] == labels).sum(1) == 1
    assert torch.all((found == torch.arange(64)) == lone)


def test_a_table_is_of_all_pairs_and_bounded():
    encoder = lambda: nn.Linear(2, 8)
    net = Ratio((encoder(), encoder()), linear(), 8, "instance", "clean", -20.0, 3.0)
    net.x.forward = net.y.forward = lambda v, t: 50 * v.repeat(1, 4)
    x, y, t = torch.randn(6, 2), torch.randn(6, 2), torch.rand(6)
    every = net.table(x, t, y, t)
    torch.testing.assert_close(every.diagonal(), net(x, t, y, t))
    torch.testing.assert_close(every[2, 4], net(x[2:3], t[2:3], y[4:5], t[4:5])[0])
    assert every.max() < 3.0 and every.min() > -20.0


@pytest.mark.parametrize("condition", ["clean", "same_t"])
def test_partners_are_drawn_from_the_whole_batch_and_noised_to_the_same_time(condition):
    """T of a joint pair is that of x_t and the partner's y at the row's own times."""

    class Told(nn.Module):
        pairing, shift, turn = "class", 0.0, 0.0

        def forward(self, x, t, y, s):
            return 1000 * y[:, 0].round() + 10 * (t - s).abs()

        def table(self, x, t, y, s):
            assert torch.equal(s, t if condition == "same_t" else torch.zeros_like(t))
            return self.forward(x, t, y, s) + 0 * x[:, :1]

    net = Told()
    net.condition = condition
    still = Schedule(lambda t: torch.ones_like(t), lambda t: torch.zeros_like(t))
    labels = torch.arange(10).repeat(7)
    batch = {"x": torch.zeros(70, 1), "pair": torch.arange(70.0)[:, None], "y": labels}
    joint, every, independent, t = pairs(Model(net, still, "x0", [1]), batch)
    partner = (joint / 1000).round().long()
    assert torch.equal(labels[partner], labels) and not (partner == torch.arange(70)).any()
    assert not independent.diagonal().any()
    if condition == "same_t":
        together = t[:, None] == t
        assert torch.equal(independent, together & ~torch.eye(70, dtype=torch.bool))
    assert every.shape == (70, 70)


def test_the_moving_normaliser_is_the_log_mean_of_the_ratio_over_independent_pairs():
    net = Cells(3, 3)
    net.values.data = torch.randn(3, 3)
    batch = {"x": torch.randint(3, (80, 1)).double(), "pair": torch.randint(3, (80, 1)).double()}
    model = Model(net, fixed(1.0, 0.0), "x0", [1]).train()
    for _ in range(200):
        dv(model, batch, decay=0.8)
    every = net.values[batch["x"][:, 0].long()][:, batch["pair"][:, 0].long()]
    apart = ~torch.eye(80, dtype=torch.bool)
    due = every[apart].exp().mean().log()
    torch.testing.assert_close(net.log_mean, due.expand(10), atol=0.15, rtol=0)
    model.eval()
    net.log_mean.fill_(due.item())
    (ours,) = torch.autograd.grad(dv(model, batch, decay=0.8).mean(), net.values)
    (whole,) = torch.autograd.grad(
        (every[apart].exp().mean().log() - every.diagonal().mean()), net.values
    )
    torch.testing.assert_close(ours, whole)


class Table(Oracle):
    """The true information of every x with every y."""

    pairing, shift, turn, log_mean = "instance", 0.0, 0.0, torch.zeros(10)

    def table(self, x, t, y, s):
        each = torch.cartesian_prod(x[:, 0], y[:, 0])
        now = torch.tensor(0.5)
        found = pointwise_mutual_information(
            self.law, self.schedule, each[:, :1], now, each[:, 1:], now
        )
        return found.view(len(x), -1)


def test_the_probe_reads_the_information_and_the_normaliser_of_the_truth():
    """T the true ratio of a Gaussian pair at R = .6: -log(1 - R^2) / 2 nats, a mean e^T of 1."""
    rho, n = 0.6, 4096
    law = pair(rho)
    net = Table(law, fixed(1.0, 0.0), "clean")
    z, _ = law.sample(n)
    data = {"validation": z[:, :1], "validation_pair": z[:, 1:]}
    found = probe(Model(net, net.schedule, "x0", [1]), data)
    assert found["mutual_information"] == pytest.approx(-log(1 - rho**2) / 2, abs=0.04)
    assert found["calibration"] == pytest.approx(1, abs=0.04)
