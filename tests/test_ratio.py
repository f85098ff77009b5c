"""Density ratios: each loss finds the log ratio, and its guidance the exact conditional law."""

from math import log

import pytest
import torch
from PIL import Image
from torch import nn

from scorefield.core.denoiser import Model
from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture, information
from scorefield.core.jitter import jittered
from scorefield.core.noise import streams
from scorefield.core.ratio import Ratio, pairs, partners, probe
from scorefield.core.schedule import Schedule, cosine, linear, times
from scorefield.data.pairs import pairs as made
from scorefield.guidance.ratio import both, bounded, given, ratio
from scorefield.metrics.agreement import counted, of_plane
from scorefield.objectives.disc import disc
from scorefield.objectives.dv import dv
from scorefield.objectives.kliep import kliep
from scorefield.objectives.rulsif import rulsif
from scorefield.objectives.ulsif import ulsif
from scorefield.samplers.ancestral import ancestral
from scorefield.samplers.ddim import ddim
from tests.laws import gaussian, oracle

pytestmark = pytest.mark.usefixtures("double")
LOSSES = {disc: {}, kliep: {}, ulsif: {}, rulsif: {"relative": 0.2}, dv: {"decay": 0.9}}
EVERYWHERE = {"low": 0.0, "high": float("inf")}


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


def pair(rho: float = 0.9) -> Mixture:
    return Mixture(torch.ones(1), torch.zeros(1, 2), torch.tensor([[[1.0, rho], [rho, 1.0]]]))


@pytest.mark.parametrize("alpha, sigma, same, value, slope, guided", CASES)
def test_information_of_a_gaussian_pair_and_its_guidance_have_the_published_values(
    alpha, sigma, same, value, slope, guided
):
    schedule = Schedule(
        lambda t: torch.where(t > 0, alpha, 1.0), lambda t: torch.where(t > 0, sigma, 0.0)
    )
    x, y, t = torch.tensor([[0.8]], requires_grad=True), torch.tensor([[-1.1]]), torch.tensor(0.5)
    found = information(pair(), schedule, x, t, y, t if same else 0 * t)
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
        found = information(law, linear(), x, t, y, s)
        (g,) = torch.autograd.grad(found.sum(), x)
        assert (found.item(), g.item()) == pytest.approx((value, slope), abs=1e-6)


class Oracle(nn.Module):
    """The true information of a joint law, in the place of a ratio network."""

    def __init__(self, law: Mixture, schedule: Schedule, condition: str):
        super().__init__()
        self.law, self.schedule, self.condition, self.table = law, schedule, condition, None

    def forward(self, x, t, y, s):
        return information(self.law, self.schedule, x, t[0], y, s[0])


def helper(schedule: Schedule, condition: str, given=None) -> Model:
    model = Model(Oracle(pair(), schedule, condition), schedule, "x0", [1])
    model.given = given
    return model


def test_guidance_by_the_true_ratio_samples_the_exact_conditional_of_a_gaussian():
    """DDIM in 100 linear steps: slope .9000 and residual variance .1841, by the note's recursion."""
    n, schedule = 40_000, linear()
    y = torch.randn(n, 1)
    model = oracle(gaussian(1.0), schedule)
    guided = ratio(model, helper(schedule, "clean", y), scale=1.0, bound=0.0, low=0.0, high=1e4)
    grid = times(100, 1 - 1e-6)
    *_, x = ddim(guided, schedule, torch.randn(n, 1), grid, torch.randn_like)
    slope = (x * y).mean() / y.square().mean()
    assert slope.item() == pytest.approx(0.9, abs=0.01)
    assert (x - slope * y).var().item() == pytest.approx(0.1841, abs=0.006)


def test_joint_sampling_at_the_same_time_recovers_the_correlation():
    """Ancestral, 300 linear steps; the note has .9004 and variance .995 for 1,000."""
    n, schedule = 20_000, linear()
    exact = oracle(gaussian(1.0), schedule)
    guided = both((exact, exact), helper(schedule, "same_t"), scale=1.0, low=0.0, high=1e4)
    grid = times(300, 1 - 1e-6)
    *_, z = ancestral(guided, schedule, torch.randn(n, 2, 1), grid, torch.randn_like, churn=1.0)
    found = torch.corrcoef(z[..., 0].mT)[0, 1].item()
    assert found == pytest.approx(0.9, abs=0.01)
    assert z.var().item() == pytest.approx(0.99, abs=0.03)


def test_partners_share_a_label_and_each_is_taken_once():
    labels = torch.randint(5, (64,))
    found = partners(labels)
    assert torch.equal(labels[found], labels) and found.sort().values.tolist() == list(range(64))
    lone = (labels[:, None] == labels).sum(1) == 1
    assert torch.all((found == torch.arange(64)) == lone)


def test_a_table_is_of_all_pairs_and_bounded():
    encoder = lambda: nn.Linear(2, 8)
    net = Ratio((encoder(), encoder()), 8, "instance", "clean", -20.0, 3.0)
    net.x.forward = net.y.forward = lambda v, t: 50 * v.repeat(1, 4)
    x, y, t = torch.randn(6, 2), torch.randn(6, 2), torch.rand(6)
    every = net.table(x, t, y, t)
    torch.testing.assert_close(every.diagonal(), net(x, t, y, t))
    torch.testing.assert_close(every[2, 4], net(x[2:3], t[2:3], y[4:5], t[4:5])[0])
    assert every.max() < 3.0 and every.min() > -20.0


def test_agreement_counts_classes_of_pairs_and_entropy_that_of_their_shares():
    found = counted(torch.tensor([3, 2, 1, 1]), torch.tensor([3, 2, 1, 0]))
    assert found["agreement"] == 0.75 and found["entropy"] == pytest.approx(1.5 * log(2))
    assert found["agreement_se"] == pytest.approx((0.75 * 0.25 / 4) ** 0.5)


def test_agreement_slope_and_residual_of_exact_pairs_are_those_of_their_law():
    """Correlation .8 inside components of variance .25: slope .8, residual variance .09."""
    sizes = {"train": 1, "validation": 1, "test": 4_000, "seed": 3}
    data = made(correlation=0.8, swap=False, **sizes)
    found = of_plane(data["test"], data["test_pair"], data)
    error = (0.09 / (2 * 4_000 * 0.25)) ** 0.5
    assert found["slope"] == pytest.approx(0.8, abs=4 * error)
    assert found["residual"] == pytest.approx(0.09, abs=4 * 0.09 / 4_000**0.5)
    assert found["agreement"] > 0.99
    apart = of_plane(data["test"], data["test_pair"].roll(1, 0), data)
    chance = data["joint.weight"].square().sum().item()
    assert apart["agreement"] == pytest.approx(chance, abs=0.03)
    assert apart["slope"] == pytest.approx(0, abs=0.08)


def test_a_jittered_image_moves_by_a_uniform_part_of_the_shift():
    """A spot's place has mean 0 and variance shift^2 / 3 along each axis; nothing else is bright."""
    x = torch.full((4000, 1, 29, 29), -1.0)
    x[:, :, 14, 14] = 1.0
    found = jittered(x, 2.0, 0.0) + 1
    line = torch.arange(29.0) - 14
    mass = found.sum((1, 2, 3))
    torch.testing.assert_close(mass, torch.full_like(mass, 2.0))
    for axis in (2, 3):
        place = (found.sum((1, 5 - axis)) * line).sum(1) / mass
        assert place.abs().max() <= 2.0
        assert place.mean().item() == pytest.approx(0, abs=0.08)
        assert place.var().item() == pytest.approx(4 / 3, rel=0.06)
    torch.testing.assert_close(jittered(x, 0.0, 0.0), x)


def test_a_jittered_image_turns_by_a_uniform_part_of_the_angle_in_degrees():
    x = torch.full((3000, 1, 41, 41), -1.0)
    x[:, :, 20, 32:35] = 1.0
    found, line = jittered(x, 0.0, 20.0) + 1, torch.arange(41.0) - 20
    mass = found.sum((1, 2, 3))
    down, right = ((found.sum((1, 5 - axis)) * line).sum(1) / mass for axis in (2, 3))
    angle = torch.rad2deg(torch.atan2(down, right))
    assert angle.abs().max() < 21 and angle.var().item() == pytest.approx(400 / 3, rel=0.1)


def test_drawing_x_and_y_together_needs_a_ratio_of_both_at_the_same_time():
    model, given = oracle(gaussian(1.0), linear()), {"scale": 1.0, "low": 0.0, "high": 1.0}
    with pytest.raises(InputError, match="same_t"):
        both((model, model), helper(linear(), "clean"), **given)
    with pytest.raises(InputError, match="schedule"):
        both((model, model), helper(cosine(), "same_t"), **given)
    with pytest.raises(InputError, match="estimates a ratio"):
        ratio(model, model, bound=1.0, **given)


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


def test_the_probe_reads_the_information_and_the_normaliser_of_the_truth():
    """T the true ratio of a Gaussian pair at R = .6: -log(1 - R^2) / 2 nats, a mean e^T of 1."""
    rho, n = 0.6, 4096
    law = pair(rho)
    net = Oracle(law, fixed(1.0, 0.0), "clean")
    net.pairing, net.log_mean, net.shift, net.turn = "instance", torch.zeros(10), 0.0, 0.0
    now = torch.tensor(0.5)

    def table(x, t, y, s):
        each = torch.cartesian_prod(x[:, 0], y[:, 0])
        return information(law, net.schedule, each[:, :1], now, each[:, 1:], now).view(len(x), -1)

    net.table = table
    z, _ = law.sample(n)
    data = {"validation": z[:, :1], "validation_pair": z[:, 1:]}
    found = probe(Model(net, fixed(1.0, 0.0), "x0", [1]), data)
    assert found["information"] == pytest.approx(-log(1 - rho**2) / 2, abs=0.04)
    assert found["normaliser"] == pytest.approx(1, abs=0.04)


def test_guidance_at_the_same_time_noises_y_by_the_streams_of_each_sample():
    schedule, y = cosine(), torch.randn(6, 1)
    model = oracle(gaussian(1.0), schedule)

    def guided(rows):
        steered = helper(schedule, "same_t", y[rows.start : rows.stop])
        steered.randn = streams(3, rows)
        given = {"scale": 1.0, "low": 0.0, "high": 9.0, "bound": 0.0}
        return ratio(model, steered, **given)(x[rows.start : rows.stop], torch.tensor(0.4))

    x = torch.randn(6, 1)
    apart = torch.cat([guided(range(2)), guided(range(2, 6))])
    torch.testing.assert_close(guided(range(6)), apart, atol=0, rtol=0)


def test_only_images_are_bounded():
    loud = lambda x, t: 5 * torch.ones_like(x)
    assert bounded(loud, 1.0)(torch.zeros(1, 1, 2, 2), None).max() == 1
    assert bounded(loud, 0.0)(torch.zeros(1, 1, 2, 2), None).max() == 5
    assert bounded(loud, 1.0)(torch.zeros(1, 2), None).max() == 5


def test_what_is_to_be_matched_is_a_test_pair_each_or_one_for_all_or_an_image(tmp_path):
    data = {"test_pair": torch.arange(3.0).view(3, 1, 1, 1).expand(3, 1, 4, 4)}
    each, source = given(data, 5).values()
    assert source.tolist() == [0, 1, 2, 0, 1] and each[:, 0, 0, 0].tolist() == [0, 1, 2, 0, 1]
    assert given(data, 2, entry=2)["given"][:, 0, 0, 0].tolist() == [2, 2]
    Image.new("L", (8, 8), 255).save(tmp_path / "mine.png")
    mine, source = given(data, 2, image=str(tmp_path / "mine.png")).values()
    assert mine.shape == (2, 1, 4, 4) and torch.all(mine == 1) and source.tolist() == [-1, -1]
    for wrong, match in (
        (({}, {}), "pairs"),
        ((data, {"entry": 3}), "entry"),
        ((data, {"image": "no.png"}), "no.png"),
    ):
        with pytest.raises(InputError, match=match):
            given(wrong[0], 1, **wrong[1])
