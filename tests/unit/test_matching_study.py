"""The matching study: what guides and figures of it are exactly."""

import math

import pandas
import pytest
import torch
from torch.distributions import Normal

from scorefield import sample
from scorefield.core.datasets import Images
from scorefield.core.denoiser import Chunk, Counter
from scorefield.core.log_ratio import Swapped
from scorefield.core.results import GuidedSamples, MatchedSamples, RatioValues
from scorefield.core.schedule import cosine
from scorefield.experiments.matching_figures import match_figures, match_table
from scorefield.experiments.matching_guides import guided, reads
from scorefield.experiments.matching_report import guides
from scorefield.guidance.ratio import ratio
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.metrics.ratio_error import LEAST, ratio_error
from scorefield.pipeline import params
from scorefield.pipeline.records import load_records, save_records
from tests.helpers.images import Reader
from tests.helpers.laws import Oracle, gaussian, labelled, oracle, pair

READS = torch.ones(2, dtype=torch.bool)


@pytest.mark.parametrize("condition", ["clean", "same_t"])
def test_samples_at_scale_0_are_the_unguided_ones_to_the_byte(condition):
    model, y = oracle(gaussian(1.0), cosine()), torch.randn(9, 1)
    guide = Oracle(pair(), cosine(), condition)
    plain = sample(model, 9, "ancestral", 6, seed=3)
    at = [
        sample(ratio(model, guide, scale=s), 9, "ancestral", 6, seed=3, condition=y)
        for s in (0.0, 1.0)
    ]
    assert torch.equal(at[0], plain) and not torch.equal(at[1], plain)


class ClassRatio:
    """The exact log ratio, by class, of two laws of noised images: examples x and y (K, ...) with
    one class each, K equally frequent ones, and Gaussians of std .5 around them."""

    condition, schedule = "clean", cosine()

    def __init__(self, x, y):
        self.examples = x, y

    def __call__(self, x, t, y, s):
        parts = zip((x, y), (t, s), self.examples, strict=True)
        of_x, of_y = (self.log_posterior(*part) for part in parts)
        return (of_x + of_y).logsumexp(1) + torch.tensor(float(len(self.examples[0]))).log()

    def log_posterior(self, x, t, examples):
        alpha, sigma = (v.view(-1, 1, 1, 1, 1) for v in self.schedule(t))
        law = Normal(alpha * examples, (alpha**2 / 4 + sigma**2).sqrt())
        return law.log_prob(x[:, None]).sum((2, 3, 4)).log_softmax(1)


def test_the_ratio_with_x_and_y_in_each_others_place_is_that_of_the_rotated_law():
    """log r of rotated, noised x and of upright y, from the laws of these themselves."""
    upright = torch.randn(4, 1, 3, 3, dtype=torch.float64)
    rotated = upright.rot90(-1, (2, 3))
    inner, true = ClassRatio(upright, rotated), ClassRatio(rotated, upright)
    x, y = (torch.randn(7, 1, 3, 3, dtype=torch.float64) for _ in range(2))
    t, s = torch.linspace(0.1, 0.9, 7, dtype=torch.float64), torch.zeros(7, dtype=torch.float64)
    found = Swapped(inner, 1)(x, t, y, s)
    torch.testing.assert_close(found, true(x, t, y, s))
    assert not torch.allclose(inner(x, t, y, s), found)


def test_a_ratio_reads_the_class_of_y_where_the_law_of_that_class_is_the_nearest():
    """y near the examples of their own class, but the last, which is near another one's."""
    y, x = 3 * torch.randn(4, 1, 5, 5), 3 * torch.randn(4, 1, 5, 5)
    labels = torch.tensor([0, 1, 2, 3, 0])
    near = torch.cat([y, y[1:2]]) + 0.1 * torch.randn(5, 1, 5, 5)
    data = {"train": x, "train_labels": labels[:4], "test_labels": labels}
    assert reads(ClassRatio(x, y), data, near).tolist() == [True, True, True, True, False]


def test_a_guide_that_takes_labels_is_the_conditional_model_at_scale_1():
    model, labels, x = labelled(cosine()), torch.tensor([0, 2, 1]), torch.randn(3, 2)
    counter = Counter()
    (bound,) = Chunk(condition=labels).bind(guided(model, model, 1.0, counter))
    (alone,) = Chunk(condition=labels).bind(model)
    assert torch.equal(bound(x, torch.tensor(0.4)), alone(x, torch.tensor(0.4)))
    assert counter.calls == 1


def test_a_ratio_that_is_a_part_of_the_exact_one_has_that_part_as_slope_and_gradient():
    value = torch.randn(2, 50) - 1
    gradient = torch.randn(2, 50, 1, 2, 2)
    gradient[:, 0] = 0  # where the exact ratio does not depend on x_t, it has no direction
    exact = RatioValues(torch.tensor([1.0, 2.0]), value, gradient, READS)
    part = RatioValues(exact.levels, 0.3 * value + 2, 0.3 * gradient, READS)
    for row, level in zip(ratio_error(part, exact), (1.0, 2.0), strict=True):
        expected = {"correlation": 1.0, "slope": 0.3, "cosine": 1.0, "gradient": 0.3}
        ends = {f"{key}_{end}": value for key, value in expected.items() for end in ("low", "high")}
        assert row == pytest.approx({"level": level} | expected | ends, abs=1e-4)
    far = RatioValues(exact.levels, value.clone(), gradient, READS)
    far.value[:, :5] = 5 * LEAST
    same = RatioValues(exact.levels, far.value.clamp_min(LEAST), gradient, READS)
    assert ratio_error(far, exact) == ratio_error(same, exact)


def test_the_interval_of_a_noisy_ratio_is_that_of_the_fisher_transform_of_its_correlation():
    value, gradient = torch.randn(1, 400), torch.randn(1, 400, 1, 2, 2)
    exact = RatioValues(torch.tensor([1.0]), value, gradient, READS)
    noisy = RatioValues(exact.levels, value + torch.randn(1, 400), gradient, READS)
    (row,) = ratio_error(noisy, exact)
    centre, half = math.atanh(row["correlation"]), 1.96 / 397**0.5
    expected = math.tanh(centre + half) - math.tanh(centre - half)
    assert row["correlation_high"] - row["correlation_low"] == pytest.approx(expected, rel=0.25)


def by_sign(features):
    """Two classes, by the sign of the first feature; the evaluator is certain."""
    return 50 * features[:, :1] * torch.tensor([-1.0, 1.0])


def digits() -> Images:
    """Images of two pixels, whose class is the sign of the first; y is x rotated by two quarters."""
    labels = torch.tensor([0, 1] * 20)
    x = (0.5 + 0.3 * torch.rand(40, 1, 1, 2)) * (2.0 * labels - 1).view(-1, 1, 1, 1)
    tensors = {"test": x, "test_labels": labels, "test_pair": x.rot90(-2, (2, 3))}
    return Images(tensors | {"pair_turns": torch.tensor(2)})


def test_agreement_in_the_figures_is_the_direct_count_for_every_kind_of_samples():
    data, source = digits(), torch.arange(30)
    signs = torch.where(torch.rand(5, 30) < 0.7, 1.0, -1.0)
    x = [data.test[source] * sign.view(-1, 1, 1, 1) for sign in signs]
    turn = lambda images: images.rot90(-2, (2, 3))
    cells = [
        MatchedSamples("unguided", 0.0, x[0], 2, source),
        MatchedSamples("drawn", 5.0, x[1], 4, y=turn(data.test[source])),
        MatchedSamples("turned", 5.0, turn(x[2]), 4, source),
        *GuidedSamples(
            torch.tensor([1.0, 5.0]), torch.stack(x[3:]), torch.tensor([4, 4]), source
        ).matched("disc"),
    ]
    evaluator = FeatureEvaluator(Reader(by_sign), torch.device("cpu"))
    found = match_figures(match_table(cells, data, evaluator))
    for name, sign in zip(("unguided", "drawn", "turned", "disc_1", "disc_5"), signs, strict=True):
        share = (sign > 0).double().mean().item()
        assert found[f"{name}_agreement"] == pytest.approx(share)
        error = (share * (1 - share) / 30) ** 0.5
        assert found[f"{name}_agreement_se"] == pytest.approx(error)
        assert found[f"{name}_fid_low"] < found[f"{name}_fid"] < found[f"{name}_fid_high"]
        assert found[f"{name}_n"] == 30
        assert found[f"{name}_coherent_agreement"] == pytest.approx(share)  # all are coherent


@pytest.mark.parametrize(
    "fid, agreement, scale",
    [((4, 5, 9), (0.5, 0.8, 0.9), 2), ((4, 5, 6), (0.5, 0.9, 0.9), 2), ((8, 9, 7), (0.5, 0.6, 0.7), 5)],
)  # fmt: skip
def test_the_best_scale_has_the_highest_agreement_at_an_fid_no_worse_than_unguided(
    fid, agreement, scale
):
    guided = {"kind": "disc", "scale": [1.0, 2.0, 5.0], "fid": fid, "agreement": agreement}
    plain = pandas.DataFrame({"kind": ["unguided"], "scale": 0.0, "fid": 6.0, "agreement": 0.1})
    found = match_figures(pandas.concat([plain, pandas.DataFrame(guided)]))
    assert found["disc_best_scale"] == scale
    assert found["disc_best_agreement"] == found[f"disc_{scale}_agreement"]


def test_what_a_guide_gave_comes_back_from_its_file_as_it_was(tmp_path):
    values = RatioValues(torch.tensor([1.0]), torch.randn(1, 4), torch.randn(1, 4, 2), READS)
    scales, source = torch.tensor([0.5, 2.0], dtype=torch.float64), torch.arange(3)
    record = GuidedSamples(scales, torch.randn(2, 3, 2), torch.tensor([4, 4]), source, values)
    save_records(tmp_path / "a.safetensors", [record])
    (found,) = load_records(tmp_path / "a.safetensors", GuidedSamples)
    assert [cell.scale for cell in found.matched("disc")] == [0.5, 2.0]
    assert torch.equal(found.matched("disc")[1].samples, record.samples[1])
    assert torch.equal(found.ratio.gradient, values.gradient)


def test_the_report_reads_the_guides_that_params_names_and_no_file_of_another(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    entries = {"mnist-disc": {"study": "mnist"}, "pairs-disc": {"study": "pairs"}}
    monkeypatch.setattr(params, "load", lambda: {"matching_guides": entries})
    record = GuidedSamples(torch.ones(1), torch.randn(1, 3, 2), torch.tensor([4]), torch.arange(3))
    for name in ("mnist-disc", "mnist-removed"):
        save_records(f"samples/mnist-matching/{name}.safetensors", [record])
    assert [*guides("mnist")] == ["disc"]
