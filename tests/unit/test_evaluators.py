"""Features and what is scored on them, against closed forms and independent implementations."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist
from torch import nn

from scorefield import metrics
from scorefield.core.datasets import Images, Layouts, Points
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.schedule import cosine
from scorefield.data.bimodal import bimodal
from scorefield.experiments.instability_images_report import looks
from scorefield.metrics.agreement import agreement
from scorefield.metrics.along_path import along_path
from scorefield.metrics.coherence import Reading, coherent
from scorefield.metrics.energy_distance import energy_distance
from scorefield.metrics.evaluators import FeatureEvaluator, LawEvaluator, evaluator_of
from scorefield.metrics.fidelity import fid, fidelity
from scorefield.metrics.mmd import mmd
from scorefield.nets.convnet import ConvNet
from scorefield.nets.mlp import MLP
from scorefield.pipeline.files import to_bytes, to_unit
from tests.helpers.laws import oracle, two


class Pixels(nn.Module):
    """A network without classes, whose features are the pixels."""

    def features(self, x):
        return x.flatten(1)

    def probabilities(self, features):
        return None


class Guess(Pixels):
    """Classes by the mean of the pixels."""

    def probabilities(self, features):
        centres = torch.linspace(-0.5, 0.5, 4)
        return (-50 * (features.mean(1, keepdim=True) - centres).square()).softmax(1)


PIXELS, GUESS = (FeatureEvaluator(net, torch.device("cpu")) for net in (Pixels(), Guess()))


def test_features_are_those_of_images_as_files_hold_them():
    x = torch.randn(450, 1, 3, 3)
    expected = to_unit(to_bytes(x)).flatten(1).double()
    assert torch.equal(PIXELS.features(x), expected)
    assert torch.equal(PIXELS.features(to_bytes(x)), expected)


def test_scores_of_features_agree_with_numpy_and_scipy():
    x, y = 0.5 * torch.rand(400, 9).double() - 0.1, 0.9 * torch.rand(300, 9).double() - 0.5
    found = fidelity(x, y, neighbours=3)
    x, y = x.numpy(), y.numpy()
    a, b = np.cov(x.T), np.cov(y.T)
    gap = ((x.mean(0) - y.mean(0)) ** 2).sum()
    expected = gap + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert found["fid"] == pytest.approx(expected, rel=1e-5)
    inside = lambda points, support: (
        (cdist(points, support) <= np.sort(cdist(support, support), 1)[:, 3]).any(1).mean()
    )
    assert found["precision"] == pytest.approx(inside(x, y), abs=1e-6)
    assert found["recall"] == pytest.approx(inside(y, x), abs=1e-6)


def test_fid_of_a_scaled_gaussian_is_closed_form():
    """Features a z and b z: |mean gap|^2 + sum of (difference of standard deviations)^2."""
    z = torch.randn(6000, 1, 3, 3)
    found = PIXELS.distance(0.1 * z, 0.25 * z)["fid"]
    std = torch.linalg.eigvalsh(z.flatten(1).T.cov()).sqrt()
    mean = z.flatten(1).mean(0)
    expected = (0.15 * mean).square().sum() + (0.15 * std).square().sum()
    assert found == pytest.approx(expected.item(), rel=0.02)


def test_collapse_keeps_precision_and_loses_recall():
    real, narrow = (scale * torch.randn(300, 9).double() for scale in (0.2, 0.03))
    found = fidelity(narrow, real)
    assert found["precision"] > 0.9 and found["recall"] < 0.1


def test_an_evaluator_is_what_its_network_knows():
    law = evaluator_of(oracle(two(), cosine()))
    assert isinstance(law, LawEvaluator) and torch.equal(law.law.mean, two().mean.double())
    x = torch.rand(60, 1, 8, 8)
    reader = evaluator_of(Model(ConvNet(1, 8, 8, 3).eval(), cosine(), "x0", [1, 8, 8]))
    assert isinstance(reader, FeatureEvaluator)
    features, chance = reader.read(x)
    assert features.shape == (60, 8) and chance.shape == (60, 3)
    with torch.no_grad():
        expected = reader.network(to_unit(to_bytes(x))).softmax(1)
    torch.testing.assert_close(chance, expected)
    assert torch.equal(reader.classes(to_bytes(x)), chance.argmax(1))
    with pytest.raises(InputError, match="evaluator: expected a model with net: exact") as caught:
        evaluator_of(Model(MLP(2, 8, 1), cosine(), "v", [2]))
    assert "\n" not in str(caught.value)


def pictures() -> Images:
    """Four classes of noisy images, one of them rare."""
    every = {}
    labels = {"train": [0] * 40 + [1] * 40 + [2] * 40 + [3] * 2}
    labels |= {"validation": [0, 3] * 20, "test": [0, 1, 2, 3] * 20}
    for split, known in labels.items():
        each = torch.tensor(known)
        clean = (each - 1.5).view(-1, 1, 1, 1) / 3
        every |= {split: clean + 0.1 * torch.randn(len(each), 1, 3, 3), f"{split}_labels": each}
    return Images(every)


NUMBERS = {"images": {"resamples": 5}, "points": {}}


def test_an_evaluator_without_classes_gives_every_score_but_those_of_classes():
    data, fake = pictures(), 0.5 * torch.randn(70, 1, 3, 3).clamp(-1, 1)
    figures, table = PIXELS.scores(fake, data, NUMBERS)
    more, shown = GUESS.scores(fake, data, NUMBERS)
    missing = {"class_min", "class_max", "rare_mode", "rare_mode_se", "off_mode", "off_mode_se"}
    assert more.keys() - figures.keys() == missing and not figures.keys() - more.keys()
    assert table == {"expected": [0.25] * 4} and shown["expected"] == table["expected"]
    assert sum(shown["share"]) == pytest.approx(1)
    assert PIXELS.read(fake).probabilities is None and PIXELS.classes(fake) is None
    assert PIXELS.coherence(fake, data).keys() == {"avgknn", "lof", "rarity", "coherent", "novel"}
    assert along_path(fake, data, PIXELS).keys() == {"distance"}
    assert not looks(fake, data, PIXELS).outcomes
    source = torch.arange(70)
    known = {f"unguided_{key}" for key in ("fid", "fid_low", "fid_high", "coherent", "coherent_se")}
    assert agreement(fake, fake, source, data, PIXELS).keys() == known
    assert "unguided_agreement" in agreement(fake, fake, source, data, GUESS)


def test_without_classes_what_is_near_any_real_image_is_coherent():
    real = torch.tensor([[0.0], [0.1], [0.2], [0.3], [0.4], [0.5], [5.0]]).double()
    reading = Reading(torch.tensor([[0.05], [2.0], [30.0]]).double(), None)
    assert coherent(reading, real, torch.zeros(7)).tolist() == [True, True, False]


def test_the_floor_of_images_is_what_training_images_get_as_samples():
    data = pictures()
    floor, (scored, _) = PIXELS.floor(data, NUMBERS), PIXELS.scores(data.train, data, NUMBERS)
    shared = ("fid", "kid", "precision", "recall", "density", "coverage")
    assert {key: floor[key] for key in shared} == {key: scored[key] for key in shared}
    expected = fid(PIXELS.features(data.train), PIXELS.features(data.test))
    assert PIXELS.distance_floor(data, len(data.train))["fid"] == floor["fid"] == expected


def test_fid_train_is_0_for_the_images_of_training_and_validation_and_for_no_others():
    data = pictures()
    both = torch.cat([data.train, data.validation])
    figures, _ = PIXELS.scores(both, data, NUMBERS)
    assert figures["fid_train"] == pytest.approx(0, abs=1e-6) and figures["fid"] > 1e-3
    figures, _ = PIXELS.scores(data.train, data, NUMBERS)
    assert figures["fid_train"] > 1e-3


def test_points_of_the_law_are_at_the_floor_of_every_score():
    data = Points(bimodal(train=2048, validation=1, test=2048, seed=0))
    evaluator = LawEvaluator(data.law, cosine())
    figures, table = evaluator.scores(data.law.sample(2048)[0].float(), data, NUMBERS)
    assert evaluator.distance_floor(data, 2048) == {"mmd2": figures["mmd2_floor"]}
    assert abs(figures["mmd2"]) < 4 * figures["mmd2_floor"]
    assert figures["nll"] == pytest.approx(figures["nll_floor"], abs=0.1)
    assert figures["off_mode"] == pytest.approx(np.exp(-4.5), abs=0.01)
    assert table["share"] == pytest.approx(table["expected"], abs=0.05)
    assert evaluator.floor(data, NUMBERS).keys() == figures.keys()


def test_what_an_evaluator_cannot_score_is_told_in_one_line():
    points, images = Points(bimodal(train=9, validation=1, test=9, seed=0)), pictures()
    law = LawEvaluator(points.law, cosine())
    cases = [
        (law, images, images.test, "images need a model with net: convnet"),
        (law, Layouts(images.tensors), images.test, "images need a model with net: convnet"),
        (PIXELS, points, points.test, "points need a model with net: exact"),
        (PIXELS, images, torch.zeros(5, 1, 3, 4), r"samples: expected shape \[1, 3, 3\]"),
        (law, points, torch.zeros(5, 3), r"samples: expected shape \[2\]"),
    ]
    for evaluator, data, fake, match in cases:
        with pytest.raises(InputError, match=match) as caught:
            evaluator.scores(fake, data, NUMBERS)
        assert "\n" not in str(caught.value)


def test_the_scores_of_the_library_are_functions_by_name():
    x, y = torch.randn(50, 2), torch.randn(40, 2)
    assert metrics.mmd(x, y) == mmd(x, y) and metrics.energy_distance(x, y) == energy_distance(x, y)
    x, y = x.double(), y.double()
    both = metrics.precision_recall(x, y) | metrics.density_coverage(x, y)
    assert both.keys() == {"precision", "recall", "density", "coverage"}
    assert {"mmd", "fid", "evaluator_of"} <= set(dir(metrics))
    assert all(callable(metrics.__getattr__(name)) for name in dir(metrics))
