"""Mean flows: the average velocity, in the loss and in the sampler."""

import pytest
import torch
from torchdiffeq import odeint

from scorefield.core.denoiser import Counter, counted, velocity
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.network import Network
from scorefield.core.remembered import remembered
from scorefield.core.schedule import linear, times
from scorefield.experiments.models import described
from scorefield.objectives.flow import flow
from scorefield.objectives.meanflow import meanflow
from scorefield.pipeline.files import build
from scorefield.samplers.ddim import ddim
from tests.helpers.laws import gaussian, oracle, three

pytestmark = pytest.mark.usefixtures("double")
MEAN, STD = 0.5, 0.7


def seeded(function):
    torch.manual_seed(5)
    return function()


class GaussianFlow(Network):
    """The average velocity of N(MEAN, STD^2) in closed form, plus `off` where the times differ."""

    jumps, predict, off = True, "flow", 0.0

    @staticmethod
    def wide(t):
        return (((1 - t) * STD) ** 2 + t**2).sqrt()

    def forward(self, x, t, labels, s):
        unit = (x - (1 - t) * MEAN) / self.wide(t)
        goal = (1 - s) * MEAN + self.wide(s) * unit
        speed = -MEAN + (t - (1 - t) * STD**2) / self.wide(t) * unit
        span = torch.where(t == s, 1.0, t - s)
        return torch.where(t == s, speed, (x - goal) / span + self.off)


def test_an_exact_average_velocity_pays_what_the_exact_velocity_pays():
    """The identity u + (t - s) du/dt = v, whatever s; and with s = t the loss is that of `flow`."""
    x, t = MEAN + STD * torch.randn(5_000, 1), torch.full((5_000,), 0.6)
    model, exact = (
        Model(GaussianFlow(), linear(), "flow", [1]),
        oracle(gaussian(STD, MEAN), linear()),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scorefield.objectives.ddpm.drawn_times", lambda *_: t)
        known = seeded(lambda: flow(exact, {"x": x})).mean()

    def paid(s):
        with pytest.MonkeyPatch.context() as patch:
            draws = iter([s * t, t])
            patch.setattr("scorefield.objectives.meanflow.drawn_times", lambda *_: next(draws))
            return seeded(lambda: meanflow(model, {"x": x}, apart=1.0)).mean()

    for s in (1.0, 0.5, 0.0):
        torch.testing.assert_close(paid(s), known, rtol=0.06, atol=0)
    model.net.off = 0.6
    assert paid(0.5) > known + 0.1


class SolvedFlow(Network):
    """The average velocity of a mixture, by Runge-Kutta steps from t to s."""

    jumps, predict = True, "flow"

    def forward(self, x, t, labels, s):
        exact = three().denoiser(linear())
        h, y = (s - t) / 24, x
        for i in range(24):
            at = t + i * h
            a = velocity(exact, y, at)
            b = velocity(exact, y + h / 2 * a, at + h / 2)
            c = velocity(exact, y + h / 2 * b, at + h / 2)
            y = y + h / 6 * (a + 2 * b + 2 * c + velocity(exact, y + h * c, at + h))
        return torch.where(t == s, velocity(exact, x, t), (x - y) / torch.where(t == s, 1, t - s))


def test_the_identity_of_mean_flows_holds_on_an_exact_mixture():
    """(t - s) u is the integral of v; the velocity that the loss compares is then the exact one."""
    model, x = Model(SolvedFlow(), linear(), "flow", [2]), three().sample(64)[0]
    with pytest.MonkeyPatch.context() as patch:
        draws = iter([torch.linspace(0.3, 0.9, 64), torch.linspace(0.25, 0.5, 64)])
        patch.setattr("scorefield.objectives.meanflow.drawn_times", lambda *_: next(draws))
        found = seeded(lambda: meanflow(model, {"x": x}, apart=1.0))
    torch.manual_seed(5)
    torch.rand(64, 1)
    z, t = torch.randn_like(x), torch.linspace(0.3, 0.9, 64)[:, None]
    exact = velocity(three().denoiser(linear()), (1 - t) * x + t * z, t)
    torch.testing.assert_close(found, (exact - (z - x)).square().mean(1), rtol=1e-4, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_one_or_few_steps_of_an_exact_average_velocity_end_on_the_flow(steps):
    z = torch.linspace(-2, 2, 9)[:, None]
    counter, model = Counter(), Model(GaussianFlow(), linear(), "flow", [1])
    *_, x = ddim(counted(remembered(model), counter), z, times(steps))
    torch.testing.assert_close(x, MEAN + STD * z)
    assert counter.calls == steps


def test_without_an_end_a_mean_flow_is_the_posterior_mean():
    model, x, t = Model(GaussianFlow(), linear(), "flow", [1]), torch.randn(9, 1), 0.4
    exact = gaussian(STD, MEAN).denoiser(linear())
    torch.testing.assert_close(model(x, t), exact(x, t))
    precise = {"rtol": 1e-9, "atol": 1e-9}
    end = odeint(lambda t, x: velocity(model, x, t), x, torch.tensor([0.4, 0.1]), **precise)[-1]
    jump = (x - model(x, t, until=0.1)) / 0.4
    torch.testing.assert_close(x - 0.3 * jump, end, rtol=1e-6, atol=1e-6)


NETS = {
    "mlp": ({"width": 8, "depth": 1}, [2]),
    "unet": ({"size": "small", "small": (8, 8), "attention": True, "precision": "float32"}, [1, 8, 8]),
    "dit": ({"width": 16, "depth": 1, "heads": 2, "patch": 4, "classes": 3}, [1, 8, 8]),
}  # fmt: skip


@pytest.mark.parametrize("name", NETS)
def test_networks_of_two_times_have_the_derivatives_that_mean_flows_need(name):
    torch.set_default_dtype(torch.float32)
    numbers, shape = NETS[name]
    data = {"train": torch.rand(6, *shape) - 0.5}
    model = build(described(name, numbers, "meanflow", "flow", "linear", data))
    batch = {"x": data["train"], "y": torch.arange(6) % 3}
    meanflow(model, batch, apart=1.0).mean().backward()
    assert any(p.grad is not None and p.grad.abs().max() > 0 for p in model.parameters())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    model.eval()
    ends = [model(data["train"], 0.8, until=s) for s in (0.8, 0.1)]
    assert torch.equal(ends[0], model(data["train"], 0.8)) and not torch.equal(*ends)


def test_a_network_of_one_time_is_refused():
    data = {"train": torch.randn(6, 2), **{f"mixture.{k}": v for k, v in vars(three()).items()}}
    with pytest.raises(InputError, match="takes no second time"):
        build(described("exact", {}, "meanflow", "flow", "linear", data))
