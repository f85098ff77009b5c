"""The energy score, networks that draw, and their diagnostics."""

from functools import partial

import pytest
import torch
from scipy.optimize import minimize_scalar
from torch import nn

from scorefield.core.denoiser import Counter, counted, posterior_mean, score, velocity
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.schedule import cosine, linear, times
from scorefield.nets.mlp import MLP
from scorefield.nets.unet import coarse, unet
from scorefield.objectives import dddm as family
from scorefield.objectives._times import stratified
from scorefield.objectives.ddpm import ddpm
from scorefield.samplers.heun import heun
from tests.helpers.laws import gaussian, oracle, two

pytestmark = pytest.mark.usefixtures("double")
PLAIN = {"beta": 1.0, "lam": 1.0, "smoothing": 0.0, "weighting": "none"}
PLAIN |= {"predict": "x0", "bias": 0.0, "levels": "uniform", "ramp": 0.0, "mse": 0.0}


def loss(model, x, m, **knobs):
    return family.dddm(model, {"x": x}, m=m, **PLAIN | knobs)


class Says(nn.Module):
    """Puts out the given values in turn, whatever it is asked."""

    def __init__(self, *values):
        super().__init__()
        self.values = torch.tensor(values)

    def forward(self, x, t):
        return self.values.repeat(len(x) // len(self.values))[:, None].expand_as(x)


class Widened(nn.Module):
    """Posterior draws of N(0, 1) data at linear schedule, `wide` times too wide and moved."""

    def __init__(self, wide, moved=0.0):
        super().__init__()
        self.wide, self.moved = wide, moved

    def forward(self, x, t):
        x_t, xi = x.chunk(2, 1)
        noised = (1 - t) ** 2 + t**2
        mean, std = (1 - t) / noised * x_t, t / noised.sqrt()
        return mean + self.moved * std + self.wide * std * xi


def widened(wide, moved=0.0):
    return Model(Widened(wide, moved), linear(), "x0", [1], draws=True)


def paid(wide, moved=0.0, m=3, **knobs):
    torch.manual_seed(3)
    return loss(widened(wide, moved), torch.randn(100_000, 1), m, **knobs).mean().item()


def best_width(m, **knobs):
    """By Brent's method, with the same noise for every width."""
    given = {"bounds": (0.05, 1.5), "method": "bounded", "options": {"xatol": 1e-3}}
    return minimize_scalar(lambda wide: paid(wide, m=m, **knobs), **given).x


def test_predictions_1_2_4_of_3_cost_a_third():
    """Published: confinement 4/3, interaction 2, with beta = lam = 1."""
    model = Model(Says(1.0, 2.0, 4.0), linear(), "x0", [1])
    assert loss(model, torch.full((5, 1), 3.0), 3).tolist() == pytest.approx([1 / 3] * 5)


@pytest.mark.parametrize("predict", ["v", "x0"])
def test_beta_2_and_lam_0_is_the_loss_of_ddpm(predict):
    model, x = Model(MLP(2, 16, 1), cosine(), predict, [2]), torch.randn(64, 2)
    torch.manual_seed(5)
    mine = loss(model, x, 1, beta=2.0, lam=0.0, predict=predict)
    torch.manual_seed(5)
    torch.testing.assert_close(mine, ddpm(model, {"x": x}, predict=predict, levels="uniform"))


@pytest.mark.parametrize("m", [2, 4, 8])
def test_the_interaction_is_unbiased_for_any_number_of_draws(m):
    """Independent N(0, 1) draws of N(0, 1): 1 / sqrt(pi); the biased estimate gives .8463 at 2."""
    prior = Model(Widened(1.0), linear(), "x0", [1], draws=True)
    prior.net.forward = lambda x, t: x[:, 1:]
    found = loss(prior, torch.randn(200_000, 1), m).mean().item()
    assert found == pytest.approx(0.5642, abs=0.006)


@pytest.mark.parametrize("beta", [0.5, 1.0, 1.5])
def test_the_score_is_least_for_the_true_posterior(beta):
    best = paid(1.0, beta=beta)
    for wide, moved in ((0.8, 0.0), (1.25, 0.0), (1.0, 0.2), (1.0, -0.2)):
        assert paid(wide, moved, beta=beta) > best


@pytest.mark.parametrize(
    "beta, lam, m, width",
    [(1, 1, 8, 1), (0.5, 1, 3, 1), (1, 0.9, 3, 0.825), (1, 0.75, 4, 0.626), (0.5, 0.9, 3, 0.877)],
)
def test_lam_narrows_the_draws_as_the_closed_form_says(beta, lam, m, width):
    """1 / sqrt(2 lam^(-2/(2-beta)) - 1); an interaction divided once too often gives .102 at
    lam = 1, m = 8, invisible with two draws."""
    assert (2 * lam ** (-2 / (2 - beta)) - 1) ** -0.5 == pytest.approx(width, abs=6e-4)
    assert best_width(m, beta=float(beta), lam=float(lam)) == pytest.approx(width, abs=0.025)


def test_gradients_are_finite_where_draws_coincide():
    model = Model(MLP(2, 16, 1, extra=2), cosine(), "v", [2], draws=True)
    with torch.no_grad():
        model.net.enter.weight[:, 2:4] = 0  # deaf to xi
    for smoothing, finite in ((1e-6, True), (0.0, False)):
        model.zero_grad()
        loss(model, torch.randn(32, 2), 4, beta=0.1, smoothing=smoothing).mean().backward()
        assert model.net.leave.weight.grad.isfinite().all() == finite


def test_the_weight_acts_on_each_sample_by_its_own_time():
    model, x = widened(0.7), torch.randn(4096, 1)
    torch.manual_seed(5)
    plain = loss(model, x, 3)
    torch.manual_seed(5)
    weighted = loss(model, x, 3, weighting="sigmoid", bias=-2.0)
    torch.manual_seed(5)
    t = stratified(4096)
    weight = 1 / (1 + torch.tensor(-2.0).exp() * (t / (1 - t)) ** 2)
    torch.testing.assert_close(weighted, weight * plain)
    assert weighted.mean() != pytest.approx((weight.mean() * plain.mean()).item(), rel=0.05)


def test_a_model_is_validated_at_uniform_times_whatever_it_is_trained_at():
    x = torch.randn(64, 2)
    for objective, extra in ((ddpm, 0), (family.dddm, 2)):
        model, found = Model(MLP(2, 16, 1, extra), cosine(), "v", [2], draws=extra > 0).eval(), []
        for levels in ("uniform", "logit_normal"):
            torch.manual_seed(5)
            found.append(objective(model, {"x": x}, levels=levels))
        assert torch.equal(*found)


@pytest.mark.parametrize("at, same", [(1.0, {}), (1e-6, {"beta": 2.0, "lam": 0.0})])
def test_a_ramp_goes_from_the_energy_score_to_squared_error(at, same, monkeypatch):
    monkeypatch.setattr(family, "drawn_times", lambda x, *_: torch.full((len(x),), at))
    model, x = widened(0.7), torch.randn(64, 1)
    torch.manual_seed(5)
    ramp = loss(model, x, 3, predict="v", beta=0.5, ramp=1.0)
    torch.manual_seed(5)
    other = loss(model, x, 3, predict="v", **{"beta": 0.5} | same)
    torch.testing.assert_close(ramp, other, rtol=1e-4, atol=1e-4)


def test_near_the_data_it_is_the_squared_error_of_one_draw_and_elsewhere_the_energy_score():
    model, x = widened(0.0), torch.randn(256, 1)  # deaf to xi
    found = []
    for knobs in ({"mse": 0.4}, {}, {"beta": 2.0, "lam": 0.0}):
        torch.manual_seed(5)
        found.append(loss(model, x, 3, **knobs))
    torch.manual_seed(5)
    t = stratified(256)
    torch.testing.assert_close(found[0], torch.where(t < 0.4, found[2], found[1]))


def test_coarse_noise_is_standard_normal_and_the_same_within_a_cell():
    for cells, noise in zip((1, 2), coarse(torch.randn(20_000, 1, 4, 4)), strict=True):
        assert noise.var().item() == pytest.approx(1, abs=0.03)
        same = noise.unflatten(2, (cells, -1)).unflatten(4, (cells, -1))
        torch.testing.assert_close(same, same[:, :, :, :1, :, :1].expand_as(same))


@torch.no_grad()
def test_a_unet_that_draws_answers_to_xi_and_repeats_itself_for_the_same_xi():
    shapes = {"train": [1, 1, 8, 8], "xi": [1, 1, 8, 8]}
    knobs = {"size": "small", "small": [8, 16], "classic": [], "layers": 1, "attention": False}
    net = unet(shapes, cosine(), **knobs, fold=2, precision="float32")
    model = Model(net.float(), cosine(), "v", [1, 8, 8], draws=True)
    x, xi, t = torch.randn(4, 1, 8, 8), torch.randn(4, 1, 8, 8), torch.tensor(0.7)
    assert torch.equal(model(x, t, xi), model(x, t, xi))
    assert not torch.isclose(model(x, t, xi), model(x, t, -xi)).all()


def test_one_draw_has_no_interaction():
    with pytest.raises(InputError, match=r"dddm.m: expected at least 2 draws"):
        loss(widened(1.0), torch.randn(8, 1), 1)


@torch.no_grad()
def test_exact_draws_have_the_spread_of_the_posterior_and_their_terms_balance():
    law = two()
    model = oracle(law, cosine(), draws=True)
    data = {f"mixture.{key}": getattr(law, key) for key in ("weight", "mean", "cov")}
    data |= {"test": law.sample(16_000)[0], "validation": law.sample(4096)[0]}
    for name, value in family.diagnose(model, data).items():
        assert value == pytest.approx(1, abs=0.02), name
    for name, value in family.probe(model, data).items():
        assert not name.startswith("ratio_") or value == pytest.approx(1, abs=0.1), name


@torch.no_grad()
def test_draws_half_as_wide_have_half_the_spread_and_the_ratios_of_the_closed_form():
    """At width k: interaction over confinement sqrt(2 k^2 / (1 + k^2)), squared 2 k^2 / (1 + k^2)."""
    law = gaussian(1.0)
    data = {f"mixture.{key}": getattr(law, key) for key in ("weight", "mean", "cov")}
    data |= {"test": law.sample(16_000)[0], "validation": torch.randn(4096, 1)}
    for name, value in family.diagnose(widened(0.5), data).items():
        assert value == pytest.approx(0.5, abs=0.01), name
    for name, value in family.probe(widened(0.5), data).items():
        due = {"ratio_": 0.4**0.5, "ratio2_": 0.4}.get(name[:-1])
        assert due is None or value == pytest.approx(due, rel=0.1), name


@torch.no_grad()
def test_the_average_of_draws_is_the_posterior_mean_and_the_same_at_every_call():
    law, t = two(), torch.tensor(0.5)
    drawn, x = oracle(law, cosine(), draws=True), torch.randn(500, 2) + 1
    counter = Counter()
    mean = posterior_mean(counted(drawn, counter), 64)
    error = mean(x, t) - oracle(law, cosine())(x, t)
    assert error.square().mean().sqrt() < 0.12  # of random xi .34
    assert torch.equal(mean(x, t), mean(x, t)) and counter.calls == 3 * 64
    assert posterior_mean(other := oracle(law, cosine()), 64) is other


@pytest.mark.parametrize(
    "use", [partial(score, t=torch.ones(())), partial(velocity, t=torch.ones(()))]
)
def test_a_draw_is_refused_where_the_mean_is_needed(use):
    x = torch.randn(3, 1)
    with pytest.raises(InputError, match=r"needs the posterior mean.*guidance: mean"):
        use(widened(1.0), x)


def test_heun_refuses_draws_and_takes_their_average():
    x = torch.randn(3, 1)
    with pytest.raises(InputError, match="heun needs the posterior mean"):
        list(heun(widened(1.0), x, times(3)))
    law = gaussian(1.0)
    *_, mine = heun(posterior_mean(widened(1.0), 8), x, times(3))
    *_, exact = heun(law.denoiser(linear()), x, times(3))
    torch.testing.assert_close(mine, exact, atol=0.15, rtol=0)
