"""Scores of images agree with other implementations and closed forms."""

import numpy as np
import pytest
import torch
from prdc import compute_prdc
from torch_fidelity import metric_kid

from scorefield.metrics.bootstrap import bootstrap
from scorefield.metrics.density_coverage import density_coverage
from scorefield.metrics.fidelity import fid, kid, precision_recall


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def test_precision_recall_density_and_coverage_are_those_of_naeem_et_al(generator):
    draw = lambda n, scale: scale * torch.randn(n, 12, generator=generator, dtype=torch.float64)
    fake, real = draw(700, 0.8) + 0.3, draw(500, 1.0)
    theirs = compute_prdc(real.numpy(), fake.numpy(), nearest_k=5)
    ours = precision_recall(fake, real, 5) | density_coverage(fake, real, 5)
    for key, value in theirs.items():
        assert ours[key] == pytest.approx(value, abs=1e-6), key


def test_kid_is_the_u_statistic_of_the_cubic_kernel_of_binkowski_et_al(generator):
    """Over all pairs by numpy; and torch-fidelity's, whose one subset is then everything."""
    draw = lambda n: torch.rand(n, 9, generator=generator, dtype=torch.float64)
    fake, real = 0.5 * draw(250), 0.9 * draw(200) - 0.5
    x, y = fake.numpy(), real.numpy()
    cubic = lambda u, v: (u @ v.T / 9 + 1) ** 3
    off = lambda k: k[~np.eye(len(k), dtype=bool)].mean()
    expected = off(cubic(x, x)) + off(cubic(y, y)) - 2 * cubic(x, y).mean()
    assert kid(fake, real) == pytest.approx(expected, rel=1e-9)
    theirs = metric_kid.kid_features_to_metric(
        fake[:200], real, kid_subsets=1, kid_subset_size=200, verbose=False
    )
    assert kid(fake[:200], real) == pytest.approx(theirs[metric_kid.KEY_METRIC_KID_MEAN], rel=1e-6)


def test_kid_over_all_pairs_varies_less_than_over_subsets_of_heavy_tailed_features(generator):
    """The estimate of all pairs has no noise of its own: two calls agree to the last bit."""
    heavy = lambda n: torch.randn(n, 8, generator=generator, dtype=torch.float64).exp()
    fake, real = heavy(400), heavy(300)
    assert kid(fake, real) == kid(fake, real)
    shuffled = fake[torch.randperm(400, generator=generator)]
    assert kid(shuffled, real) == pytest.approx(kid(fake, real), rel=1e-9)
    subsets = [
        metric_kid.kid_features_to_metric(
            fake, real, kid_subsets=5, kid_subset_size=100, verbose=False, rng_seed=seed
        )[metric_kid.KEY_METRIC_KID_MEAN]
        for seed in range(5)
    ]
    assert np.std(subsets) > 0.02 * abs(kid(fake, real))


def test_fid_is_the_frechet_distance_of_two_gaussians(generator):
    """Heusel et al. 2017, equation 6, by eigenvalues of the product of the covariances."""
    draw = lambda n, scale: scale * torch.randn(n, 7, generator=generator, dtype=torch.float64)
    fake, real = draw(300, 0.7) + 0.4, draw(400, 1.1)
    x, y = fake.numpy(), real.numpy()
    a, b = np.cov(x.T), np.cov(y.T)
    root = np.sqrt(np.linalg.eigvals(a @ b).real).sum()
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a) + np.trace(b) - 2 * root
    assert fid(fake, real) == pytest.approx(expected, rel=1e-6)


def test_equal_laws_have_density_1_and_coverage_1_less_half_to_the_neighbours(generator):
    """Naeem et al. 2020: coverage tends to 1 - 2^-k, density has expectation 1."""
    draw = lambda: torch.randn(2000, 4, generator=generator, dtype=torch.float64)
    found = density_coverage(draw(), draw(), 3)
    assert found["density"] == pytest.approx(1, abs=0.05)
    assert found["coverage"] == pytest.approx(1 - 2**-3, abs=0.02)


def test_the_bootstrap_tells_how_much_fid_varies_between_draws(generator):
    draw = lambda n: torch.randn(n, 6, generator=generator, dtype=torch.float64)
    real = draw(1000)
    drawn = [0.9 * draw(400) + 0.2 for _ in range(120)]
    true = np.std([fid(fake, real) for fake in drawn])
    told = np.mean([bootstrap(fake, real, 60) for fake in drawn[:20]])
    assert told == pytest.approx(true, rel=0.2)
