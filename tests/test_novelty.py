"""Ranking, novelty and coherence against other implementations and closed forms."""

import pytest
import torch
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from torch import nn

from scorefield.core.datasets import Images, Layouts
from scorefield.core.errors import InputError
from scorefield.core.studies import SweepCell
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.metrics.novelty import novelty, summary
from scorefield.metrics.pareto import CellFigures, elsewhere, image_figures, of_images
from scorefield.metrics.ranking import auroc, auroc_se, mean_se, spearman


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
    assert summary(scores)["rarity_outside"] == 0.25


class Toy(nn.Module):
    """Points as images of two pixels; the class is the sign of the first, surely if far from 0."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 2, bias=False)
        self.head.weight.data = torch.tensor([[-5.0, 0.0], [5.0, 0.0]])

    def features(self, x):
        return x.flatten(1)

    def probabilities(self, features):
        return self.head(features).softmax(1)


EVALUATOR = FeatureEvaluator(Toy(), torch.device("cpu"))


def toy(rare: int) -> Images:
    cloud = lambda n, side: torch.randn(n, 1, 1, 2) * 0.1 + 0.6 * side
    labels = lambda n, m: torch.tensor([0] * n + [1] * m)
    tensors = {
        "train": torch.cat([cloud(300, -1), cloud(rare, 1)]),
        "train_labels": labels(300, rare),
        "test": torch.cat([cloud(100, -1), cloud(100, 1)]),
        "test_labels": labels(100, 100),
    }
    return Images(tensors)


def test_a_class_is_special_below_half_of_the_largest():
    assert toy(0).special_class == toy(3).special_class == 1 and toy(200).special_class is None


def test_only_what_is_sure_and_near_is_coherent_and_only_the_special_class_a_hit():
    data = toy(3)
    here = lambda x, y: torch.tensor([x, y]).view(1, 1, 1, 2)
    fake = torch.cat([here(-0.6, -0.6), here(0.6, 0.6), here(0.0, 0.0), here(0.6, -0.6)])
    found = EVALUATOR.coherence(fake, data)
    assert found["coherent"].tolist() == [True, True, False, False]
    assert found["hit"].tolist() == [False, True, False, False]
    assert found["avgknn"][3] > 0.9 and not found["novel"][3]


def test_a_scale_is_chosen_on_the_other_half_of_the_layouts():
    """Layouts 0 and 2 allow scale 2, by their junk; 1 and 3 only scale 1."""
    every = [
        ("model", "plain", 0.0, [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]),
        ("model", "ibg", 1.0, [0.3, 0.4, 0.5, 0.6], [0.0, 0.0, 0.0, 0.0]),
        ("model", "ibg", 2.0, [0.6, 0.7, 0.8, 0.9], [0.02, 0.05, 0.03, 0.05]),
        ("model", "random", 1.0, [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]),
        ("control", "ibg", 1.0, [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]),
    ]
    figures = []
    for role, way, scale, hit, junk in every:
        values = {"hit": torch.tensor(hit).double(), "junk": torch.tensor(junk).double()}
        figures.append(CellFigures(SweepCell(role, way, scale, torch.zeros(0), 0), values))
    data = Layouts({"regime": torch.ones(4), "interior": torch.tensor([1, 1, 0, 0])})
    chosen = elsewhere(figures, data, "model", "ibg", most=0.03, regime=1)
    assert chosen.scale.tolist() == [1.0, 2.0, 1.0, 2.0]
    assert chosen.hit.tolist() == pytest.approx([0.3, 0.7, 0.5, 0.9])
    assert chosen.junk.tolist() == pytest.approx([0.0, 0.05, 0.0, 0.05])
    assert chosen.interior.tolist() == [True, True, False, False]


def swept(rare: int) -> Images:
    """`toy` whose validation split is two thirds of the special class."""
    data = toy(rare).tensors
    labels = torch.tensor([0] * 50 + [1] * 100)
    place = torch.where(labels == 1, 0.6, -0.6).view(-1, 1, 1, 1).expand(-1, 1, 1, 2)
    return Images(data | {"validation": place, "validation_labels": labels})


def test_a_sweep_of_images_counts_hits_and_junk_and_false_alarms_on_other_classes():
    """A third of the samples is special, a third of the other class, a third of none."""
    at = torch.tensor([[0.6, 0.6], [-0.6, -0.6], [0.0, 0.0]]).repeat(4, 1).view(-1, 1, 1, 2)
    table = of_images([SweepCell("model", "ibg", 0.05, at, 25)], swept(3), EVALUATOR)
    row, real = table.to_dict("records")
    assert row["hit"] == pytest.approx(1 / 3) and row["junk"] == pytest.approx(1 / 3)
    assert row["hit_se"] == pytest.approx((1 / 3 * 2 / 3 / 12) ** 0.5)
    assert (real["role"], real["way"], real["hit"], real["junk"]) == ("real", "data", 0, 0)
    assert table.columns[-1] == "nfe" and table["nfe"].isna().tolist() == [False, True]
    assert image_figures(table)["model_ibg_0.05_hit"] == row["hit"]


def test_a_sweep_of_images_without_a_special_class_is_refused():
    with pytest.raises(InputError, match="rare or withheld class"):
        of_images([], toy(200), EVALUATOR)


def test_a_sweep_of_images_judged_by_who_knows_no_classes_is_refused():
    class Blind(Toy):
        def probabilities(self, features):
            return None

    cell = SweepCell("model", "plain", 0.0, torch.zeros(3, 1, 1, 2), 1)
    with pytest.raises(InputError, match="knows the data's classes"):
        of_images([cell], swept(3), FeatureEvaluator(Blind(), torch.device("cpu")))
