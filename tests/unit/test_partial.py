"""Partial rank correlations, their intervals and calibration, against independent computations."""

import numpy as np
import pytest
import torch
from scipy.stats import linregress, pearsonr, rankdata, spearmanr
from sklearn.linear_model import LinearRegression

from scorefield.metrics.calibration import agreement_line
from scorefield.metrics.intervals import estimate
from scorefield.metrics.partial import correlations
from scorefield.metrics.ranking import auroc, auroc_se


def dependent(n: int = 200) -> tuple[torch.Tensor, ...]:
    """Two scores, two outcomes and three given quantities, all dependent; some are tied."""
    z = torch.randn(n, 7).double() @ torch.randn(7, 7).double()
    z[:, 3] = z[:, 3].round()
    return z[:, :2], z[:, 2:4], z[:, 4:]


def test_partial_correlation_is_that_of_the_inverse_correlation_matrix_of_ranks():
    scores, outcomes, given = dependent()
    found = correlations(scores, outcomes, given)
    for s in range(2):
        for o in range(2):
            columns = [scores[:, s], outcomes[:, o], *given.T]
            inverse = np.linalg.inv(spearmanr(np.stack(columns, 1)).statistic)
            expected = -inverse[0, 1] / (inverse[0, 0] * inverse[1, 1]) ** 0.5
            assert found.partial[s, o].item() == pytest.approx(expected, abs=1e-9)
            expected = spearmanr(columns[0], columns[1]).statistic
            assert found.plain[s, o].item() == pytest.approx(expected, abs=1e-9)


def test_the_gain_is_the_difference_of_r_squared_of_two_regressions():
    scores, outcomes, given = dependent()
    found = correlations(scores, outcomes, given).gain
    y, base = rankdata(outcomes[:, 1]), rankdata(given, axis=0)
    more = np.column_stack([base, rankdata(scores[:, 0])])
    r2 = [LinearRegression().fit(x, y).score(x, y) for x in (base, more)]
    assert found[0, 1].item() == pytest.approx(r2[1] - r2[0], abs=1e-9)


def test_a_score_that_is_a_function_of_density_explains_nothing_beyond_it():
    density = torch.randn(300, 1).double()
    outcome = density + 0.3 * torch.randn(300, 1)
    given = torch.cat([density, torch.randn(300, 2)], 1)
    found = correlations(density.exp(), outcome, given)
    assert found.plain.item() > 0.9 and found.partial.item() == found.gain.item() == 0


def test_a_constant_outcome_has_no_correlation():
    found = correlations(torch.randn(50, 1), torch.zeros(50, 1), torch.randn(50, 2))
    assert found.plain.isnan().all() and found.partial.isnan().all()


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    x = torch.randn(400).double()
    found = estimate(lambda index: x[index].mean(), [torch.arange(400)])
    assert found.mean == x.mean()
    assert found.se.item() == pytest.approx(x.std().item() / 20, rel=0.1)
    assert (found.high - found.low).item() == pytest.approx(2 * 1.96 * found.se.item(), rel=1e-4)


def test_the_bootstrap_of_an_area_within_both_classes_has_the_error_of_hanley_and_mcneil():
    """For exponential scores, whose formula is exact."""
    x = torch.cat([3 * torch.empty(80).exponential_(), torch.empty(300).exponential_()])
    found = estimate(
        lambda index: auroc(x[index[:80]], x[index[80:]]), [torch.arange(80), torch.arange(80, 380)]
    )
    expected = auroc_se(found.mean.item(), 80, 300)
    assert found.se.item() == pytest.approx(expected, rel=0.2)


def test_the_line_of_agreement_is_that_of_scipy():
    x, y = torch.randn(60, 2).double(), torch.randn(60, 2).double()
    slope, r = agreement_line(x, y + x)
    for i in range(2):
        assert slope[i].item() == pytest.approx(linregress(x[:, i], (x + y)[:, i]).slope)
        assert r[i].item() == pytest.approx(pearsonr(x[:, i], (x + y)[:, i]).statistic)
