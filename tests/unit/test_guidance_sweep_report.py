"""Figures of a guidance sweep: scales are chosen on other data, images are counted by their class."""

import pytest
import torch

from scorefield.core.datasets import Images, Layouts
from scorefield.core.errors import InputError
from scorefield.core.results import SteeredSamples
from scorefield.experiments.guidance_sweep_figures import (
    CellFigures,
    chosen_on_other_half,
    image_figures,
    of_images,
)
from scorefield.metrics.evaluators import FeatureEvaluator
from tests.helpers.images import EVALUATOR, Toy, toy


def test_a_scale_is_chosen_on_the_other_half_of_the_layouts():
    """Layouts 0 and 2 allow scale 2, by their off-mode rate; 1 and 3 only scale 1."""
    every = [
        ("model", "plain", 0.0, [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]),
        ("model", "ibg", 1.0, [0.3, 0.4, 0.5, 0.6], [0.0, 0.0, 0.0, 0.0]),
        ("model", "ibg", 2.0, [0.6, 0.7, 0.8, 0.9], [0.02, 0.05, 0.03, 0.05]),
        ("model", "random", 1.0, [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]),
        ("control", "ibg", 1.0, [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]),
    ]
    figures = []
    for role, variant, scale, rare_mode, off_mode in every:
        values = {
            "rare_mode": torch.tensor(rare_mode).double(),
            "off_mode": torch.tensor(off_mode).double(),
        }
        figures.append(CellFigures(SteeredSamples(role, variant, scale, torch.zeros(0), 0), values))
    data = Layouts({"regime": torch.ones(4), "interior": torch.tensor([1, 1, 0, 0])})
    chosen = chosen_on_other_half(figures, data, "model", "ibg", most=0.03, regime=1)
    assert chosen.scale.tolist() == [1.0, 2.0, 1.0, 2.0]
    assert chosen.rare_mode.tolist() == pytest.approx([0.3, 0.7, 0.5, 0.9])
    assert chosen.off_mode.tolist() == pytest.approx([0.0, 0.05, 0.0, 0.05])
    assert chosen.interior.tolist() == [True, True, False, False]


def swept(rare: int) -> Images:
    """`toy` whose validation split is two thirds of the special class."""
    data = toy(rare).tensors
    labels = torch.tensor([0] * 50 + [1] * 100)
    place = torch.where(labels == 1, 0.6, -0.6).view(-1, 1, 1, 1).expand(-1, 1, 1, 2)
    return Images(data | {"validation": place, "validation_labels": labels})


def test_a_sweep_of_images_counts_both_rates_and_false_alarms_on_other_classes():
    """A third of the samples is special, a third of the other class, a third of none."""
    at = torch.tensor([[0.6, 0.6], [-0.6, -0.6], [0.0, 0.0]]).repeat(4, 1).view(-1, 1, 1, 2)
    table = of_images([SteeredSamples("model", "ibg", 0.05, at, 25)], swept(3), EVALUATOR)
    row, real = table.to_dict("records")
    assert row["rare_mode"] == pytest.approx(1 / 3) and row["off_mode"] == pytest.approx(1 / 3)
    assert row["rare_mode_se"] == pytest.approx((1 / 3 * 2 / 3 / 12) ** 0.5)
    assert (real["role"], real["variant"], real["rare_mode"], real["off_mode"]) == (
        "real",
        "data",
        0,
        0,
    )
    assert table.columns[-1] == "nfe" and table["nfe"].isna().tolist() == [False, True]
    assert image_figures(table)["model_ibg_0.05_rare_mode"] == row["rare_mode"]


def test_a_sweep_of_images_without_a_special_class_is_refused():
    with pytest.raises(InputError, match="rare or withheld class"):
        of_images([], toy(200), EVALUATOR)


def test_a_sweep_of_images_needs_an_evaluator_that_knows_the_classes():
    class Blind(Toy):
        def probabilities(self, features):
            return None

    cell = SteeredSamples("model", "plain", 0.0, torch.zeros(3, 1, 1, 2), 1)
    with pytest.raises(InputError, match="knows the data's classes"):
        of_images([cell], swept(3), FeatureEvaluator(Blind(), torch.device("cpu")))
