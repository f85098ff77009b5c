"""The instability study of images, on the law of a few images whose posterior is known."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from scorefield.core.datasets import Images
from scorefield.core.denoiser import Counter, counted
from scorefield.core.model import Model
from scorefield.core.remembered import remembered
from scorefield.core.results import ImageScores
from scorefield.core.schedule import cosine
from scorefield.experiments import instability_images_report as report
from scorefield.experiments.instability import settings_of
from scorefield.experiments.instability_images import scores_of_images
from scorefield.experiments.instability_images_figures import headline
from scorefield.instability.trace import trace
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.metrics.intervals import estimate
from tests.helpers.image_law import ImageLaw

LEVELS = [0.5, 2.0]


class Shifted(nn.Module):
    """No denoiser of anything."""

    def forward(self, x, t):
        return x.square()


class Reader(nn.Module):
    """A network that reads images, and knows their two classes or none."""

    def __init__(self, knows: bool):
        super().__init__()
        self.knows = knows

    def features(self, x):
        return x.flatten(1)

    def probabilities(self, features):
        return (3 * features[:, :2]).softmax(1) if self.knows else None


def pictures(n: int, side: int = 2) -> Images:
    """Of two classes; the second has few training images."""
    train, test = (0.6 * torch.randn(count, 1, side, side) for count in (22, n))
    known = {
        "train_labels": torch.tensor([0] * 20 + [1] * 2),
        "test_labels": torch.arange(n) % 4 // 3,
    }
    return Images({"train": train, "test": test} | known)


def measured(data: Images, n: int, folder, scores=("trace",), probes: int = 8) -> ImageScores:
    """Scores of the law of the training images by itself, three times."""
    law = ImageLaw(data.train, 0.3)
    models = [Model(law, cosine(), "x0", [*data.test.shape[1:]])] * 3
    chosen = settings_of({"levels": LEVELS, "seed": 3, "trace": {"probes": probes}})
    chosen = replace(chosen, scores={name: chosen.scores[name] for name in scores})
    found = scores_of_images(models, law, data, n, chosen, folder, chunk=200)
    assert isinstance(found, ImageScores)
    return found


def calibration(found: ImageScores, monkeypatch) -> dict:
    monkeypatch.setattr(report, "estimate", lambda f, g: estimate(f, g, draws=200))
    return {(r["figure"], r["level"], r["role"]): r for r in report.calibration(found, LEVELS)}


def test_the_exact_law_scores_itself_on_a_line_of_slope_one(tmp_path, monkeypatch):
    """Of one pixel the probes have no noise."""
    found = measured(pictures(200, side=1), 200, tmp_path, probes=1)
    every = calibration(found, monkeypatch)
    for level in LEVELS:
        assert every["slope", level, "control"]["mean"] == pytest.approx(1, abs=0.02)
        assert every["correlation", level, "control"]["mean"] == pytest.approx(1, abs=0.001)


def test_noise_of_the_probes_leaves_the_slope_at_one(tmp_path, monkeypatch):
    every = calibration(measured(pictures(200), 200, tmp_path), monkeypatch)
    for level in LEVELS:
        row = every["slope", level, "control"]
        assert abs(row["mean"] - 1) < 4 * row["se"] < 1
        assert every["correlation", level, "control"]["mean"] < 0.99


def test_of_images_of_the_law_the_mean_score_is_the_mean_squared_error(tmp_path, monkeypatch):
    data = pictures(1)
    own = data.train[torch.randint(22, (600,))] + 0.3 * torch.randn(600, 1, 2, 2)
    tensors = data.tensors | {"test": own, "test_labels": torch.zeros(600, dtype=torch.long)}
    every = calibration(measured(Images(tensors), 600, tmp_path), monkeypatch)
    for level in LEVELS:
        row = every["error_ratio", level, "control"]
        assert abs(row["mean"] - 1) < 4 * row["se"] < 0.4


def test_the_map_of_pixels_sums_to_the_score_and_costs_no_further_call(tmp_path):
    found = measured(pictures(12), 12, tmp_path)
    torch.testing.assert_close(found.variance.flatten(3).sum(3), found.scores["trace"])
    counter, x = Counter(), torch.randn(3, 1, 2, 2)
    once = remembered(counted(Model(Shifted(), cosine(), "x0", [1, 2, 2]), counter))
    total, pixels = (trace(once, x, 0.4, torch.ones_like, each, probes=1) for each in (False, True))
    assert counter.calls == 2
    torch.testing.assert_close(pixels.flatten(1).sum(1), total)


@pytest.mark.parametrize("knows", [True, False])
def test_confidence_is_an_outcome_only_where_the_evaluator_knows_the_classes(
    tmp_path, knows, monkeypatch
):
    monkeypatch.setattr(report, "estimate", lambda f, g: estimate(f, g, draws=20))
    data, evaluator = pictures(40), FeatureEvaluator(Reader(knows), torch.device("cpu"))
    found = measured(data, 40, tmp_path, ("trace", "frobenius"))
    table = report.of_images(found, data, LEVELS, evaluator)
    known = {"error", "confidence", "mistake"} if knows else {"error"}
    expected = {*known, "auroc", "auroc_gain", "density", "clean_density", "distance", "png"}
    expected |= {f"{name}_{kind}" for name in known for kind in ("partial", "gain")}
    assert set(table["figure"]) == expected | set(report.CALIBRATION)
    gains = table[table["figure"] == "auroc_gain"]
    assert (gains["mean"] == 0).all() and (gains["se"] == 0).all()
    assert {"trace_error_partial_low", "control_slope_2"} <= set(headline(table))
