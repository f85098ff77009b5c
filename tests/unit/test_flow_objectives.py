"""Flow matching, min-SNR weights and the preconditioning of EDM."""

import pytest
import torch
from diffusers import DDPMScheduler, EDMEulerScheduler, FlowMatchEulerDiscreteScheduler
from diffusers.training_utils import compute_snr

from scorefield.core.errors import InputError
from scorefield.core.model import Model, loss_weight, read_x0
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule, cosine, ddpm, linear, times
from scorefield.experiments.models import described
from scorefield.nets.mlp import MLP
from scorefield.objectives._times import drawn_times
from scorefield.objectives.ddpm import ddpm as denoising
from scorefield.objectives.flow import flow
from scorefield.objectives.meanflow import meanflow
from scorefield.pipeline.files import build
from scorefield.samplers.ddim import ddim
from tests.helpers.laws import SCHEDULES, oracle, three

pytestmark = pytest.mark.usefixtures("double")


def seeded(function):
    torch.manual_seed(5)
    return function()


def test_the_flow_loss_is_the_squared_error_of_the_velocity():
    model, x = Model(MLP(2, 16, 1), linear(), "flow", [2]), torch.randn(64, 2)
    loss = seeded(lambda: flow(model, {"x": x}, levels="uniform"))
    torch.manual_seed(5)
    t = ((torch.randperm(64) + 1 - torch.rand(64)) / 64)[:, None]
    z = torch.randn_like(x)
    mine = (model.net((1 - t) * x + t * z, t) - (z - x)).square().mean(1)
    torch.testing.assert_close(loss, mine)


def test_flow_matching_is_v_regression_with_another_weight_on_the_straight_path():
    """The v-error at t is (1 - t)^2 + t^2 times the velocity's, whatever the network predicts."""
    t = torch.linspace(0.1, 0.9, 5)
    ratio = loss_weight("v", 1 - t, t) / loss_weight("flow", 1 - t, t)
    torch.testing.assert_close(ratio, ((1 - t) ** 2 + t**2) ** 2)
    model, x = Model(MLP(2, 16, 1), linear(), "v", [2]).eval(), torch.randn(64, 2)
    one = seeded(lambda: denoising(model, {"x": x}, predict="flow"))
    assert torch.equal(one, seeded(lambda: flow(model, {"x": x})))


def test_the_minimiser_of_the_flow_loss_is_the_exact_velocity():
    """The gradient of the loss in what is added to the exact denoiser's velocity is 0."""
    law, n = three(), 200_000
    x, _ = law.sample(n)
    exact = oracle(law, linear())
    shift = torch.zeros(3, requires_grad=True)

    def moved(x, t):
        features = torch.stack([torch.ones_like(t), t, x[:, :1] * t], -1) @ shift
        return exact(x, t) - t * features

    class Moved(Network):
        predict = "x0"

        def forward(self, x, t):
            return moved(x, t)

    flow(Model(Moved(), linear(), "x0", [2]), {"x": x}).mean().backward()
    assert shift.grad.abs().max() < 0.02
    shift.data = torch.tensor([0.1, 0.0, 0.0])
    shift.grad = None
    flow(Model(Moved(), linear(), "x0", [2]), {"x": x}).mean().backward()
    assert shift.grad[0] == pytest.approx(0.2, abs=0.02)


@torch.no_grad()
def test_a_flow_network_in_ddim_is_diffusers_flow_matching():
    torch.set_default_dtype(torch.float32)  # of their tables
    torch.manual_seed(0)
    model, x = Model(MLP(2, 32, 2), linear(), "flow", [2]), torch.randn(16, 2)
    scheduler, found = FlowMatchEulerDiscreteScheduler(), x
    scheduler.set_timesteps(sigmas=times(12)[:-1].tolist())
    for index in scheduler.timesteps:
        found = scheduler.step(model.net(found, index / 1000), index, found).prev_sample
    *_, ours = ddim(model, x, times(12))
    torch.testing.assert_close(ours, found, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("objective", [flow, meanflow])
def test_another_path_is_refused(objective):
    model = Model(MLP(2, 8, 1), cosine(), "flow", [2])
    with pytest.raises(InputError, match="expected schedule: linear"):
        objective(model, {"x": torch.randn(8, 2)})


@pytest.mark.parametrize("predict", ["eps", "x0", "v"])
def test_min_snr_weights_are_the_published_ones(predict):
    """Hang et al. 2023: min(SNR, gamma) for x0, over SNR for eps, over SNR + 1 for v; with
    diffusers' SNR."""
    t = torch.arange(1, 1001) / 1000
    snr = compute_snr(DDPMScheduler(), torch.arange(1000)).double()
    over = {"eps": snr, "x0": 1.0, "v": snr + 1}[predict]
    clean, error = torch.zeros(1000, 1), torch.rand(1000, 1)

    class Off(Network):
        def forward(self, x, t):
            alpha, sigma = ddpm()(t)
            noise = x / sigma
            exact = {"eps": noise, "x0": 0 * x, "v": alpha * noise}[predict]
            return exact + error

    model = Model(Off(), ddpm(), predict, [1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scorefield.objectives.ddpm.drawn_times", lambda *_: t)
        loss = denoising(model, {"x": clean}, predict=predict, weighting="min_snr")
    expected = snr.clamp(max=5.0) / over * error[:, 0] ** 2
    torch.testing.assert_close(loss, expected, rtol=2e-3, atol=0)


def test_validation_is_without_the_weights_of_min_snr():
    model, x = Model(MLP(2, 16, 1), cosine(), "v", [2]).eval(), torch.randn(64, 2)
    one = seeded(lambda: denoising(model, {"x": x}, weighting="min_snr"))
    assert torch.equal(one, seeded(lambda: denoising(model, {"x": x})))


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_input_and_target_of_edm_have_unit_variance_at_every_noise_level(schedule):
    n, std, seen = 100_000, 2.5, []

    class Seen(Network):
        def forward(self, x, t):
            seen.append(x)
            return torch.zeros_like(x)

    x0, z = std * torch.randn(n, 1), torch.randn(n, 1)
    for t in torch.tensor([0.02, 0.3, 0.7, 0.98]):
        alpha, sigma = schedule(t)
        x = alpha * x0 + sigma * z
        zero = Model(Seen(), schedule, "edm", [1], std=std)(x, t)
        target = (x0 - zero) * loss_weight("edm", alpha, sigma, std).sqrt()
        for found in (seen[-1], target):
            assert found.square().mean().item() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("level", [0.1, 1.0, 20.0])
def test_edm_reads_x0_as_diffusers_does(level):
    scheduler, std = EDMEulerScheduler(sigma_data=0.7), 0.7
    out, x, sigma = torch.randn(9, 1), torch.randn(9, 1), torch.tensor(level)
    theirs = scheduler.precondition_outputs(x, out, sigma)
    torch.testing.assert_close(read_x0("edm", out, x, torch.ones(()), sigma, std), theirs)
    exploding = Schedule(lambda t: torch.ones_like(t), lambda t: 40 * t)
    found = Model(Identity(), exploding, "edm", [1], std=std)(x, level / 40)
    theirs = scheduler.precondition_outputs(x, scheduler.precondition_inputs(x, sigma), sigma)
    torch.testing.assert_close(found, theirs)


class Identity(Network):
    def forward(self, x, t):
        return x


def test_the_loss_of_edm_is_that_of_its_network_on_the_unit_target():
    model, x = Model(MLP(2, 16, 1), cosine(), "edm", [2], std=3.0), torch.randn(64, 2)
    found = seeded(lambda: denoising(model, {"x": x}, predict="edm", levels="log_normal"))
    torch.manual_seed(5)
    t = drawn_times(x, "log_normal", 0.3, 1.0, True, cosine())[:, None]
    x_t = cosine().add_noise(x, t)
    alpha, sigma = cosine()(t)
    level, wide = sigma / alpha, ((sigma / alpha) ** 2 + 9).sqrt()
    skip, out, enter = 9 / wide**2, 3 * level / wide, 1 / wide
    target = (x - skip * x_t / alpha) / out
    mine = (model.net(enter * x_t / alpha, t) - target).square().mean(1)
    torch.testing.assert_close(found, mine, rtol=1e-5, atol=1e-9)


def test_log_normal_times_are_normal_in_the_logarithm_of_the_noise_level():
    n = 1000
    t = drawn_times(torch.empty(n, 2), "log_normal", -1.2, 1.2, True, cosine())
    alpha, sigma = cosine()(t)
    share = torch.special.ndtr(((sigma / alpha).log() + 1.2) / 1.2)
    assert torch.equal((n * share - 1e-6).ceil().sort().values, torch.arange(1.0, n + 1))


def test_the_scale_of_the_data_is_part_of_a_models_configuration():
    data = {"train": 3 * torch.randn(500, 2)}
    config = described("mlp", {"width": 8, "depth": 1}, "ddpm", "edm", "cosine", data)
    std = data["train"].square().mean().sqrt().item()
    assert build(config).std == config["std"] == pytest.approx(std, rel=1e-5)
