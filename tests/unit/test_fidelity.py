"""Scores of images agree with other implementations and closed forms."""

import numpy as np
import pytest
import torch
from prdc import compute_prdc

from scorefield.metrics.bootstrap import bootstrap
from scorefield.metrics.density_coverage import density_coverage
from scorefield.metrics.fidelity import fid, precision_recall


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
