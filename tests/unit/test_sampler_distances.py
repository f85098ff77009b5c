"""The study of samplers on exact denoisers."""

import pytest
import torch
from torchdiffeq import odeint

from scorefield.core.denoiser import velocity
from scorefield.core.schedule import cosine
from scorefield.experiments import sampler_distances as study
from tests.helpers.laws import gaussian, three

pytestmark = pytest.mark.usefixtures("double")


def test_the_reference_flow_is_that_of_a_gaussian_in_closed_form_and_of_torchdiffeq():
    z = torch.linspace(-2, 2, 7)[:, None]
    found = study.flow(gaussian(0.7, 0.0), z, torch.pi / 2)
    torch.testing.assert_close(found, 0.7 * z, rtol=1e-4, atol=1e-6)
    x = torch.randn(5, 2)
    exact = three().denoiser(cosine())
    grid = torch.tensor([1 - 1e-9, 2e-5 / torch.pi])
    slope = lambda t, x: velocity(exact, x, t)
    end = odeint(slope, x, grid, rtol=1e-9, atol=1e-9, method="dopri8")[-1]
    torch.testing.assert_close(study.flow(three(), x, torch.pi / 2), end, rtol=1e-4, atol=1e-5)


def test_distances_fall_with_calls_and_other_libraries_stand_beside(monkeypatch):
    monkeypatch.setattr(study, "N", 32)
    benched = {"cosine": {"20": {"azula_best": 0.5, "diffusers_best": 0.25}}}
    found = study.sampler_distances(benched)
    assert found["azula_best_20"] == 0.5 and found["diffusers_best_20"] == 0.25
    for name in study.SAMPLERS:
        for front in ("", "ddpm_"):
            assert found[f"{front}{name}_40"] < found[f"{front}{name}_5"]
    assert found["adams_40"] < 0.2 * found["ddim_40"]
