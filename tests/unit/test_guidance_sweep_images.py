"""Figures of a guidance sweep of images: samples are counted by their class and paired by noise."""

import pytest
import torch
from scipy.stats import sem

from scorefield.core.datasets import Images
from scorefield.core.errors import InputError
from scorefield.core.results import SteeredSamples
from scorefield.experiments.guidance_sweep_figures import CellFigures, compared
from scorefield.experiments.guidance_sweep_images import (
    chosen_image_figures,
    chosen_images,
    of_images,
    over_images,
    samples_shown,
    table_figures,
)
from scorefield.metrics.evaluators import FeatureEvaluator
from tests.helpers.images import EVALUATOR, Toy, toy


def swept(rare: int) -> Images:
    """`toy` whose validation split is two thirds of the special class."""
    data = toy(rare).tensors
    labels = torch.tensor([0] * 50 + [1] * 100)
    place = torch.where(labels == 1, 0.6, -0.6).view(-1, 1, 1, 1).expand(-1, 1, 1, 2)
    return Images(data | {"validation": place, "validation_labels": labels})


def cell(variant, scale, rare_mode, off_mode, role="model"):
    """The figures of one cell, of a list of images."""
    lists = {"rare_mode": rare_mode, "off_mode": off_mode}
    values = {key: torch.tensor(each, dtype=torch.float64) for key, each in lists.items()}
    return CellFigures(SteeredSamples(role, variant, scale, torch.zeros(0), 0), values)


AT = torch.tensor([[0.6, 0.6], [-0.6, -0.6], [0.0, 0.0]]).repeat(4, 1).view(-1, 1, 1, 2)


def test_a_sweep_of_images_counts_both_rates_and_false_alarms_on_other_classes():
    """A third of the samples is special, a third of the other class, a third of none."""
    figures = over_images([SteeredSamples("model", "plain", 0.0, AT, 25)], swept(3), EVALUATOR)
    table = of_images(figures, EVALUATOR.features(swept(3).test))
    row, real = table.to_dict("records")
    assert row["rare_mode"] == pytest.approx(1 / 3) and row["off_mode"] == pytest.approx(1 / 3)
    assert row["rare_mode_se"] == pytest.approx((1 / 3 * 2 / 3 / 12) ** 0.5)
    assert (real["role"], real["variant"], real["rare_mode"], real["off_mode"]) == (
        "real",
        "data",
        0,
        0,
    )
    assert table.columns[-1] == "nfe"
    found = table_figures(table)
    assert found["rare_plain_0_rare_mode"] == row["rare_mode"]
    assert found["rare_plain_0_fid"] == row["fid"] and "real_data_0_fid" not in found


def test_gain_and_cost_are_means_of_paired_differences_with_their_standard_errors():
    """Against scipy on the bits of each sample; equal samples have neither gain nor error."""
    torch.manual_seed(0)
    moved = AT[torch.randperm(len(AT))]
    cells = [
        SteeredSamples("model", variant, scale, x, 25)
        for variant, scale, x in (("plain", 0.0, AT), ("ibg", 0.5, moved), ("random", 1.0, AT))
    ]
    figures = over_images(cells, swept(3), EVALUATOR)
    _, ibg, random, _ = of_images(figures, EVALUATOR.features(swept(3).test)).to_dict("records")
    for key, at in (("gain", 0.6), ("cost", 0.0)):
        before, after = ((x[:, 0, 0, 0] == at).double().numpy() for x in (AT, moved))
        assert ibg[key] == pytest.approx((after - before).mean(), abs=1e-12)
        assert ibg[f"{key}_se"] == pytest.approx(sem(after - before))
        assert random[key] == random[f"{key}_se"] == 0.0


def test_the_first_variant_is_compared_with_the_others_at_the_chosen_scales_paired():
    figures = [
        cell("plain", 0.0, [0, 0, 0, 0, 1, 0], [0] * 6),
        cell("ibg", 1.0, [1, 1, 0, 0, 1, 0], [0] * 6),
        cell("ibg", 2.0, [1] * 6, [1] * 6),
        cell("random", 1.0, [0, 1, 0, 0, 0, 0], [0] * 6),
    ]
    found = chosen_image_figures(figures, ["model"])
    assert [found[f"rare_ibg_scale_{k}"] for k in (0, 1)] == [1.0, 1.0]
    for key, values in (
        ("rare_ibg_gain", [1, 1, 0, 0, 0, 0]),
        ("rare_ibg_cost", [0] * 6),
        ("rare_random_gain", [0, 1, 0, 0, -1, 0]),
        ("rare_ibg_over_random", [1, 0, 0, 0, 1, 0]),
    ):
        assert found[key] == pytest.approx(sum(values) / 6)
        assert found[f"{key}_se"] == pytest.approx(sem(values))


def test_the_picture_shows_the_first_variant_and_the_best_other_one_on_the_same_samples():
    figures = [
        cell("plain", 0.0, [0, 0, 0, 0], [0] * 4),
        cell("ibg", 1.0, [0, 0, 0, 1], [0] * 4),
        cell("random", 1.0, [0, 0, 0, 0], [0] * 4),
        cell("sgms", 3.0, [0, 0, 1, 1], [0] * 4),
    ]
    shown = compared(figures, "model", chosen_images(figures, "model"))
    assert [each.cell.variant for each in shown] == ["plain", "ibg", "sgms"]
    assert samples_shown(shown, 4).tolist() == [2, 3, 0, 1]
    assert samples_shown(shown, 2).tolist() == [2, 0]


def test_a_sweep_of_images_without_a_special_class_is_refused():
    with pytest.raises(InputError, match="rare or withheld class"):
        over_images([], toy(200), EVALUATOR)


def test_a_sweep_of_images_needs_an_evaluator_that_knows_the_classes():
    class Blind(Toy):
        def probabilities(self, features):
            return None

    samples = SteeredSamples("model", "plain", 0.0, torch.zeros(3, 1, 1, 2), 1)
    with pytest.raises(InputError, match="knows the data's classes"):
        over_images([samples], swept(3), FeatureEvaluator(Blind(), torch.device("cpu")))
