"""The instability study: which scores it measures, of which denoiser, and where."""

import pytest
import torch
from torch import nn

from scorefield.core.denoiser import Plain
from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.registry import methods
from scorefield.core.schedule import cosine, time_at
from scorefield.experiments.instability import instability_scores, settings_of
from scorefield.experiments.instability_maps import (
    FRAMES,
    SHARPER,
    STEPS,
    WATCHED,
    Settings,
    frames,
    heat_at,
)
from scorefield.instability.trace import trace
from tests.helpers.laws import oracle, three

SPEC = {"levels": [0.5, 1.0], "seed": 3}


class Shrinking(nn.Module):
    """The denoiser of N(0, v I), of x of any shape: alpha v / (alpha^2 v + sigma^2) x."""

    def __init__(self, v: float = 0.25):
        super().__init__()
        self.v = v

    def forward(self, x, t):
        alpha, sigma = cosine().at(t, x)
        return alpha * self.v / (alpha**2 * self.v + sigma**2) * x


def test_every_method_of_instability_is_measured_with_its_defaults_or_the_entrys_own_knobs():
    chosen = settings_of(SPEC | {"trace": {"probes": 8}})
    assert tuple(chosen.scores) == methods("instability")
    x = torch.randn(6, 2)
    denoiser = three().denoiser(cosine())
    found = chosen.scores["trace"](denoiser, x, 0.4, streams(0, range(6)))
    assert torch.equal(found, trace(denoiser, x, 0.4, streams(0, range(6)), probes=8))
    found = settings_of(SPEC).scores["trace"](denoiser, x, 0.4, streams(0, range(6)))
    assert torch.equal(found, trace(denoiser, x, 0.4, streams(0, range(6))))


@pytest.mark.parametrize("chunk", [1, 5, 12])
def test_scores_are_those_of_their_rows_whatever_the_chunk(tmp_path, chunk):
    model, x = oracle(three(), cosine()), torch.randn(12, 2)
    found = instability_scores([model, model], x, settings_of(SPEC), tmp_path, chunk=chunk)
    assert set(found.scores) == set(methods("instability"))
    assert torch.equal(found.mean[0], found.mean[1])
    for i, level in enumerate(SPEC["levels"]):
        t, seed = time_at(cosine(), level), 100 * SPEC["seed"] + i
        noisy = cosine().add_noise(x, t, streams(seed, range(12)))
        expected = trace(model, noisy, t, streams(seed + 50, range(12)))
        torch.testing.assert_close(found.scores["trace"][0, i], expected)
        torch.testing.assert_close(found.mean[0, i], model(noisy, t))


def test_a_study_that_was_cut_off_goes_on_from_what_is_kept(tmp_path):
    model, x, calls = oracle(three(), cosine()), torch.randn(8, 2), []

    def score(denoiser, x, t, randn):
        calls.append(len(x))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return x[:, 0]

    chosen = Settings([0.5], 0, {"score": score})
    with pytest.raises(KeyboardInterrupt):
        instability_scores([model], x, chosen, tmp_path, chunk=2)
    assert instability_scores([model], x, chosen, tmp_path, chunk=2).scores["score"].shape == (
        1,
        1,
        8,
    )
    assert len(calls) == 5


class Rigid:
    """Laws that refuse times of rows which are elsewhere than the points."""

    def energies(self, x, t):
        return self.traces(x, t)

    def traces(self, x, t):
        assert t.ndim == 0 or t.device == x.device
        return x[:, 0]


def test_heat_maps_give_the_laws_times_on_the_device_of_the_points():
    """On a device that holds no values, as a GPU would: the laws' times were left on the CPU."""
    denoiser = Plain(lambda x, t: x, cosine())
    scores = {name: lambda denoiser, x, t, randn: x[:, 0] for name in ("trace", "martingale")}
    x = torch.empty(9, 3, 2, device="meta")
    found = heat_at(denoiser, denoiser, Rigid(), x, 1.0, Settings([1.0], 0, scores))
    assert found.device.type == "meta" and found.shape == (4, 9, 3)


def test_frames_of_a_gaussian_have_its_posterior_mean_and_variance_in_every_pixel():
    """Of N(0, v I) the variance is sigma^2 v / (alpha^2 v + sigma^2), and any probe finds it."""
    v, model = 0.25, Model(Shrinking(0.25), cosine(), "x0", [1, 3, 3])
    found = frames(model, settings_of(SPEC))
    assert found.x.shape == found.mean.shape == (FRAMES, WATCHED, 1, 3, 3)
    level = torch.linspace(1, STEPS - 1, FRAMES).round() / STEPS
    alpha, sigma = (scale.view(-1, 1, 1, 1, 1) for scale in cosine()(1 - level))
    expected = (sigma**2 * v / (alpha**2 * v + sigma**2)).expand_as(found.variance)
    torch.testing.assert_close(found.variance, expected, rtol=1e-3, atol=1e-5)
    expected = alpha * v / (alpha**2 * v + sigma**2) * found.x
    torch.testing.assert_close(found.mean, expected, rtol=1e-4, atol=1e-5)


def test_frames_take_so_many_times_the_probes_that_the_entry_asks_for():
    calls = []

    def score(denoiser, x, t, randn, per_pixel=False, *, probes=4):
        calls.append(probes)
        return x

    model = Model(Shrinking(), cosine(), "x0", [1, 2, 2])
    frames(model, Settings([1.0], 0, {"trace": score}))
    assert set(calls) == {SHARPER * 4}
