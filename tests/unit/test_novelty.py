"""Ranking, novelty and coherence against other implementations and closed forms."""

import pytest
import torch
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from scorefield.metrics.novelty import novelty, novelty_summary
from scorefield.metrics.ranking import auroc, auroc_se, mean_se, spearman
from tests.helpers.images import EVALUATOR, toy


def test_area_and_correlation_are_those_of_scikit_learn_and_scipy():
    a, b = torch.randn(60, 3).round(decimals=1), torch.randn(40, 3).round(decimals=1) - 0.5
    for i in range(3):
        label = [1] * 60 + [0] * 40
        due = roc_auc_score(label, torch.cat([a[:, i], b[:, i]]))
        assert auroc(a, b)[i].item() == pytest.approx(due)
        due = spearmanr(a[:40, i], b[:, i]).statistic
        assert spearman(a[:40], b)[i].item() == pytest.approx(due)


def test_the_error_of_an_area_is_its_spread_over_samples():
    """Exponential scores, for which the formula is exact: P(X > Y) = 3/4 for means 3 and 1."""
    positive = 3 * torch.empty(30, 4000, dtype=torch.float64).exponential_()
    area = auroc(positive, torch.empty(50, 4000, dtype=torch.float64).exponential_())
    assert area.mean().item() == pytest.approx(0.75, abs=0.005)
    assert area.std().item() == pytest.approx(auroc_se(0.75, 30, 50), rel=0.04)


def test_the_error_of_a_mean_is_its_spread_over_repetitions():
    every = torch.randn(5000, 20, dtype=torch.float64)
    errors = torch.tensor([mean_se(row)[1] ** 2 for row in every])
    assert errors.mean().sqrt().item() == pytest.approx(every.mean(1).std().item(), rel=0.03)


def test_on_a_line_of_integers_novelty_is_counted_by_hand():
    """Every ball reaches its third neighbour, 2 away inside of the line and 3 at its ends."""
    real = torch.arange(100.0)[:, None]
    scores = novelty(torch.tensor([[50.5], [50.0], [130.0], [-2.5]]), real)
    assert scores["avgknn"].tolist() == [1.3, 1.2, 33.0, 4.5]
    assert scores["rarity"][:2].tolist() == [2.0, 2.0] and scores["rarity"][3] == 3.0
    assert scores["rarity"][2].isnan()
    assert scores["lof"][:2] == pytest.approx(1, abs=0.02) and scores["lof"][2] > 3
    assert novelty_summary(scores)["rarity_outside"] == 0.25


def test_a_class_is_special_below_half_of_the_largest():
    assert toy(0).special_class == toy(3).special_class == 1 and toy(200).special_class is None


def test_only_what_is_sure_and_near_is_coherent_and_only_the_special_class_a_rare_mode():
    data = toy(3)
    here = lambda x, y: torch.tensor([x, y]).view(1, 1, 1, 2)
    fake = torch.cat([here(-0.6, -0.6), here(0.6, 0.6), here(0.0, 0.0), here(0.6, -0.6)])
    found = EVALUATOR.coherence(fake, data)
    assert found["coherent"].tolist() == [True, True, False, False]
    assert found["rare_mode"].tolist() == [False, True, False, False]
    assert found["avgknn"][3] > 0.9 and not found["novel"][3]
