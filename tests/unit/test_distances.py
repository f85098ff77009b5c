"""Scores of samples against closed forms and independent implementations."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from scipy.stats import norm

from scorefield.core.schedule import linear
from scorefield.metrics.energy_distance import energy_distance
from scorefield.metrics.mmd import mmd, mmd_floor, mmd_se
from scorefield.metrics.shares import mode_of, shares
from tests.helpers.laws import gaussian, random_mixture, two


def kernel(x, y, h=1.0):
    return np.exp(-cdist(x, y, "sqeuclidean") / (2 * h**2))


@pytest.mark.usefixtures("double")
def test_mmd_agrees_with_an_independent_computation():
    x, y = torch.randn(300, 3), 0.7 * torch.randn(200, 3) + 0.4
    for h in (0.3, 1.0, 5.0):
        xx, yy, xy = kernel(x, x, h), kernel(y, y, h), kernel(x, y, h)
        expected = (xx.sum() - 300) / (300 * 299) + (yy.sum() - 200) / (200 * 199) - 2 * xy.mean()
        assert mmd(x, y, h) == pytest.approx(expected, rel=1e-9)


@pytest.mark.usefixtures("double")
def test_mmd_is_unbiased_and_its_floor_is_its_standard_deviation():
    law = random_mixture(3, 2)
    pairs = [mmd(law.sample(60)[0], law.sample(90)[0]) for _ in range(3000)]
    spread = np.std(pairs)
    assert abs(np.mean(pairs)) < 4 * spread / 3000**0.5
    assert mmd_floor(law, 60, 90) == pytest.approx(spread, rel=0.05)


@pytest.mark.usefixtures("double")
def test_the_error_of_mmd_is_its_spread_over_draws_of_two_laws():
    draw = lambda: (torch.randn(150, 2), 0.8 * torch.randn(100, 2) + 0.6)
    spread = np.std([mmd(*draw()) for _ in range(600)])
    assert np.mean([mmd_se(*draw()) for _ in range(30)]) == pytest.approx(spread, rel=0.1)


@pytest.mark.usefixtures("double")
def test_mmd_of_shifted_gaussians_is_unbiased_for_the_closed_form():
    """Kernel of width 1 between N(0, 1) and N(1, 1): (2 - 2 exp(-1/6)) / sqrt(3)."""
    pairs = [mmd(torch.randn(50, 1), torch.randn(70, 1) + 1) for _ in range(3000)]
    expected = (2 - 2 * np.exp(-1 / 6)) / 3**0.5
    assert np.mean(pairs) == pytest.approx(expected, abs=4 * np.std(pairs) / 3000**0.5)


@pytest.mark.usefixtures("double")
def test_the_floor_of_bimodal_is_the_published_one():
    assert mmd_floor(two(), 4096, 4096) == pytest.approx(2.3e-4, rel=0.15)


@pytest.mark.usefixtures("double")
def test_energy_distance_of_shifted_gaussians_is_closed_form():
    """E|x - y| is the mean of a folded normal with variance 2."""
    d, s = 0.8, 2**0.5
    apart = s * (2 / np.pi) ** 0.5 * np.exp(-(d**2) / (2 * s**2)) + d * (1 - 2 * norm.cdf(-d / s))
    pairs = [energy_distance(torch.randn(60, 1), torch.randn(60, 1) + d) for _ in range(2000)]
    expected = 2 * apart - 4 / np.pi**0.5
    assert np.mean(pairs) == pytest.approx(expected, abs=4 * np.std(pairs) / 2000**0.5)


@pytest.mark.usefixtures("double")
def test_a_mode_holds_its_three_sigma_mass():
    """Within 3 standard deviations of a plane Gaussian lie 1 - exp(-4.5) = .98889 of it."""
    law = two()
    x, k = law.sample(100_000)
    found = mode_of(law, torch.arange(2), x, 3.0)
    assert (found >= 0).double().mean().item() == pytest.approx(0.98889, abs=1.5e-3)
    assert (found[found >= 0] == k[found >= 0]).all()
    np.testing.assert_allclose(shares(found, 2), [0.4944, 0.4944], atol=6e-3)
    assert mode_of(law, torch.arange(2), torch.tensor([[0.0, 0.0]]), 3.0).item() == -1


@pytest.mark.usefixtures("double")
def test_likelihood_of_a_gaussian_is_its_entropy():
    law = gaussian(0.5, dim=2)
    nll = -law.log_prob(linear(), law.sample(200_000)[0], torch.zeros(())).mean().item()
    assert nll == pytest.approx(1 + np.log(2 * np.pi * 0.25), abs=0.01)
