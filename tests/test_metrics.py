import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist
from scipy.stats import norm

from scorefield.core.denoiser import Model
from scorefield.core.files import to_bytes, to_unit
from scorefield.core.schedule import cosine, linear
from scorefield.metrics.energy_distance import energy_distance
from scorefield.metrics.fidelity import fidelity
from scorefield.metrics.mmd import mmd2, mmd2_floor
from scorefield.metrics.shares import mode_of, shares
from tests.laws import gaussian, random_mixture, two


def kernel(x, y, h=1.0):
    return np.exp(-cdist(x, y, "sqeuclidean") / (2 * h**2))


@pytest.mark.usefixtures("double")
def test_mmd_agrees_with_an_independent_computation():
    x, y = torch.randn(300, 3), 0.7 * torch.randn(200, 3) + 0.4
    for h in (0.3, 1.0, 5.0):
        xx, yy, xy = kernel(x, x, h), kernel(y, y, h), kernel(x, y, h)
        expected = (xx.sum() - 300) / (300 * 299) + (yy.sum() - 200) / (200 * 199) - 2 * xy.mean()
        assert mmd2(x, y, h) == pytest.approx(expected, rel=1e-9)


@pytest.mark.usefixtures("double")
def test_mmd_is_unbiased_and_its_floor_is_its_standard_deviation():
    law = random_mixture(3, 2)
    pairs = [mmd2(law.sample(60)[0], law.sample(90)[0], 1.0) for _ in range(3000)]
    spread = np.std(pairs)
    assert abs(np.mean(pairs)) < 4 * spread / 3000**0.5
    assert mmd2_floor(law, 60, 90, 1.0) == pytest.approx(spread, rel=0.05)


@pytest.mark.usefixtures("double")
def test_mmd_of_shifted_gaussians_is_unbiased_for_the_closed_form():
    """Kernel of width 1 between N(0, 1) and N(1, 1): (2 - 2 exp(-1/6)) / sqrt(3)."""
    pairs = [mmd2(torch.randn(50, 1), torch.randn(70, 1) + 1, 1.0) for _ in range(3000)]
    expected = (2 - 2 * np.exp(-1 / 6)) / 3**0.5
    assert np.mean(pairs) == pytest.approx(expected, abs=4 * np.std(pairs) / 3000**0.5)


@pytest.mark.usefixtures("double")
def test_the_floor_of_bimodal_is_the_published_one():
    assert mmd2_floor(two(), 4096, 4096, 1.0) == pytest.approx(2.3e-4, rel=0.15)


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


class Pixels(torch.nn.Module):
    """A judge whose features are the pixels."""

    def __init__(self):
        super().__init__()
        self.none = torch.nn.Parameter(torch.zeros(1))

    def features(self, x):
        return x.flatten(1)


def pixel_judge():
    return Model(Pixels(), cosine(), "x0", [1, 3, 3])


def test_scores_of_images_agree_with_numpy_and_scipy_on_the_same_features():
    fake, real = 0.5 * torch.rand(400, 1, 3, 3) - 0.1, 0.9 * torch.rand(300, 1, 3, 3) - 0.5
    found = fidelity(fake, real, pixel_judge(), neighbours=3, kid_subsets=1, kid_subset_size=300)
    x, y = (to_unit(to_bytes(part)).flatten(1).double().numpy() for part in (fake, real))
    a, b = np.cov(x.T), np.cov(y.T)
    gap = ((x.mean(0) - y.mean(0)) ** 2).sum()
    fid = gap + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert found["fid"] == pytest.approx(fid, rel=1e-5)
    inside = lambda points, support: (
        (cdist(points, support) <= np.sort(cdist(support, support), 1)[:, 3]).any(1).mean()
    )
    assert found["precision"] == pytest.approx(inside(x, y), abs=1e-6)
    assert found["recall"] == pytest.approx(inside(y, x), abs=1e-6)


def test_kid_agrees_with_numpy_where_its_one_subset_is_everything():
    fake, real = 0.5 * torch.rand(200, 1, 3, 3), 0.9 * torch.rand(200, 1, 3, 3) - 0.5
    found = fidelity(fake, real, pixel_judge(), kid_subsets=1, kid_subset_size=200)["kid"]
    x, y = (to_unit(to_bytes(part)).flatten(1).double().numpy() for part in (fake, real))
    cubic = lambda u, v: (u @ v.T / 9 + 1) ** 3
    off = lambda k: (k.sum() - np.trace(k)) / (200 * 199)
    assert found == pytest.approx(off(cubic(x, x)) + off(cubic(y, y)) - 2 * cubic(x, y).mean())


def test_fid_of_a_scaled_gaussian_is_closed_form():
    """Features a z and b z: |mean gap|^2 + sum of (difference of standard deviations)^2."""
    z = torch.randn(6000, 1, 3, 3)
    found = fidelity(0.1 * z, 0.25 * z, pixel_judge())["fid"]
    std = torch.linalg.eigvalsh(z.flatten(1).T.cov()).sqrt()
    mean = z.flatten(1).mean(0)
    expected = (0.15 * mean).square().sum() + (0.15 * std).square().sum()
    assert found == pytest.approx(expected.item(), rel=0.02)


def test_collapse_keeps_precision_and_loses_recall():
    real = 0.2 * torch.randn(300, 1, 3, 3)
    found = fidelity(0.03 * torch.randn(300, 1, 3, 3), real, pixel_judge(), 3, 1, 300)
    assert found["precision"] > 0.9 and found["recall"] < 0.1


@pytest.mark.usefixtures("double")
def test_likelihood_of_a_gaussian_is_its_entropy():
    law = gaussian(0.5, dim=2)
    nll = -law.log_prob(linear(), law.sample(200_000)[0], torch.zeros(())).mean().item()
    assert nll == pytest.approx(1 + np.log(2 * np.pi * 0.25), abs=0.01)
