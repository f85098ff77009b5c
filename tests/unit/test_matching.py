"""Ratio guidance: samples that match others, given or drawn together, and how that is counted."""

from math import log

import pytest
import torch
from PIL import Image

from scorefield.core.datasets import Images, dataset_of
from scorefield.core.denoiser import Chunk, Counter, Plain, counted
from scorefield.core.errors import InputError
from scorefield.core.log_ratio import counted_ratio
from scorefield.core.noise import streams
from scorefield.core.schedule import cosine, linear, times
from scorefield.data.pairs import pairs as made
from scorefield.guidance.ratio import bounded, condition, joint_guidance, ratio
from scorefield.metrics.agreement import agreement, class_agreement, of_points
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.objectives._jitter import jittered
from scorefield.samplers.ancestral import ancestral
from scorefield.samplers.ddim import ddim
from tests.helpers.images import Reader
from tests.helpers.laws import Oracle, gaussian, oracle, pair


def test_guidance_by_the_true_ratio_samples_the_exact_conditional_of_a_gaussian():
    """DDIM in 100 linear steps: slope .9000 and residual variance .1841, by the note's recursion."""
    n, schedule = 40_000, linear()
    y = torch.randn(n, 1)
    model = oracle(gaussian(1.0), schedule)
    guide = Oracle(pair(), schedule, "clean")
    guided = ratio(model, guide, scale=1.0, bound=0.0, low=0.0, high=1e4)
    (bound,) = Chunk(condition=y).bind(guided)
    *_, x = ddim(bound, torch.randn(n, 1), times(100, 1 - 1e-6))
    slope = (x * y).mean() / y.square().mean()
    assert slope.item() == pytest.approx(0.9, abs=0.01)
    assert (x - slope * y).var().item() == pytest.approx(0.1841, abs=0.006)


def test_joint_sampling_at_the_same_time_recovers_the_correlation():
    """Ancestral, 300 linear steps; the note has .9004 and variance .995 for 1,000."""
    n, schedule = 20_000, linear()
    exact = oracle(gaussian(1.0), schedule)
    guide = Oracle(pair(), schedule, "same_t")
    guided = joint_guidance((exact, exact), guide, scale=1.0, low=0.0, high=1e4)
    grid = times(300, 1 - 1e-6)
    *_, z = ancestral(guided, torch.randn(n, 2, 1), grid, churn=1.0)
    found = torch.corrcoef(z[..., 0].mT)[0, 1].item()
    assert found == pytest.approx(0.9, abs=0.01)
    assert z.var().item() == pytest.approx(0.99, abs=0.03)


def test_agreement_counts_classes_of_pairs_and_entropy_that_of_their_shares():
    found = class_agreement(torch.tensor([3, 2, 1, 1]), torch.tensor([3, 2, 1, 0]))
    assert found["agreement"] == 0.75 and found["entropy"] == pytest.approx(1.5 * log(2))
    assert found["agreement_se"] == pytest.approx((0.75 * 0.25 / 4) ** 0.5)
    assert class_agreement(None, torch.tensor([3])) == {}


def by_sign(features):
    """Two classes, by the sign of the first feature."""
    return features[:, :1] * torch.tensor([-1.0, 1.0])


def test_an_evaluator_that_knows_no_classes_tells_no_agreement():
    signs = torch.tensor([1.0, 1.0, -1.0, -1.0]).view(4, 1, 1, 1)
    test = signs * (0.5 + 0.4 * torch.rand(4, 1, 2, 2))
    data = Images({"test": test, "test_labels": torch.tensor([1, 1, 0, 0])})
    source, device = torch.tensor([0, 1, 2, 0]), torch.device("cpu")
    knowing = agreement(test, -test, source, data, FeatureEvaluator(Reader(by_sign), device))
    assert knowing["agreement"] == 0.75 and knowing["unguided_agreement"] == 0.25
    without = agreement(test, -test, source, data, FeatureEvaluator(Reader(), device))
    assert not any(key.endswith(("agreement", "entropy")) for key in without)
    keys = [f"unguided_fid{end}" for end in ("", "_low", "_high")]
    assert [without[key] for key in keys] == [knowing[key] for key in keys]


def test_agreement_slope_and_residual_of_exact_pairs_are_those_of_their_law():
    """Correlation .8 inside components of variance .25: slope .8, residual variance .09."""
    sizes = {"train": 1, "validation": 1, "test": 4_000, "seed": 3}
    data = dataset_of(made(correlation=0.8, swap=False, **sizes))
    found = of_points(data.test, data.test_pair, data)
    error = (0.09 / (2 * 4_000 * 0.25)) ** 0.5
    assert found["slope"] == pytest.approx(0.8, abs=4 * error)
    assert found["residual"] == pytest.approx(0.09, abs=4 * 0.09 / 4_000**0.5)
    assert found["agreement"] > 0.99
    apart = of_points(data.test, data.test_pair.roll(1, 0), data)
    chance = data.joint.weight.square().sum().item()
    assert apart["agreement"] == pytest.approx(chance, abs=0.03)
    assert apart["slope"] == pytest.approx(0, abs=0.08)


def test_a_jittered_image_moves_by_a_uniform_part_of_the_shift():
    """A spot's place has mean 0 and variance shift^2 / 3 along each axis; nothing else is bright."""
    x = torch.full((4000, 1, 29, 29), -1.0)
    x[:, :, 14, 14] = 1.0
    found = jittered(x, 2.0, 0.0) + 1
    line = torch.arange(29.0) - 14
    mass = found.sum((1, 2, 3))
    torch.testing.assert_close(mass, torch.full_like(mass, 2.0))
    for axis in (2, 3):
        place = (found.sum((1, 5 - axis)) * line).sum(1) / mass
        assert place.abs().max() <= 2.0
        assert place.mean().item() == pytest.approx(0, abs=0.08)
        assert place.var().item() == pytest.approx(4 / 3, rel=0.06)
    torch.testing.assert_close(jittered(x, 0.0, 0.0), x)


def test_a_jittered_image_turns_by_a_uniform_part_of_the_angle_in_degrees():
    x = torch.full((3000, 1, 41, 41), -1.0)
    x[:, :, 20, 32:35] = 1.0
    found, line = jittered(x, 0.0, 20.0) + 1, torch.arange(41.0) - 20
    mass = found.sum((1, 2, 3))
    down, right = ((found.sum((1, 5 - axis)) * line).sum(1) / mass for axis in (2, 3))
    angle = torch.rad2deg(torch.atan2(down, right))
    assert angle.abs().max() < 21 and angle.var().item() == pytest.approx(400 / 3, rel=0.1)


def test_drawing_x_and_y_together_needs_a_ratio_of_both_at_the_same_time():
    model, given = oracle(gaussian(1.0), linear()), {"scale": 1.0, "low": 0.0, "high": 1.0}
    with pytest.raises(InputError, match="same_t"):
        joint_guidance((model, model), Oracle(pair(), linear(), "clean"), **given)
    with pytest.raises(InputError, match="schedule"):
        joint_guidance((model, model), Oracle(pair(), cosine(), "same_t"), **given)
    with pytest.raises(InputError, match="estimates a density ratio"):
        ratio(model, model, bound=1.0, **given)


def test_guidance_at_the_same_time_noises_y_by_the_streams_of_each_sample():
    schedule, x, y = cosine(), torch.randn(6, 1), torch.randn(6, 1)
    guide = Oracle(pair(), schedule, "same_t")
    whole = ratio(oracle(gaussian(1.0), schedule), guide, scale=1.0, high=9.0)

    def guided(rows):
        part = slice(rows.start, rows.stop)
        (bound,) = Chunk(streams(3, rows), y[part]).bind(whole)
        return bound(x[part], 0.4)

    apart = torch.cat([guided(range(2)), guided(range(2, 6))])
    torch.testing.assert_close(guided(range(6)), apart, atol=0, rtol=0)


def test_evaluations_of_the_model_and_of_its_guide_count_and_of_no_guide_at_scale_0():
    counter, schedule = Counter(), cosine()
    model = counted(oracle(gaussian(1.0), schedule), counter)
    guide = counted_ratio(Oracle(pair(), schedule, "same_t"), counter)
    for scale, expected in ((0.0, 1), (1.0, 2)):
        before = counter.calls
        (bound,) = Chunk(condition=torch.randn(3, 1)).bind(ratio(model, guide, scale=scale))
        bound(torch.randn(3, 1), 0.4)
        assert counter.calls - before == expected
    before = counter.calls
    joint_guidance((model, model), guide, scale=1.0, low=0.0, high=9.0)(torch.randn(3, 2, 1), 0.4)
    assert counter.calls - before == 3


def test_only_images_are_bounded():
    loud = Plain(lambda x, t: 5 * torch.ones_like(x), cosine())
    assert bounded(loud, 1.0)(torch.zeros(1, 1, 2, 2), 0.5).max() == 1
    assert bounded(loud, 0.0)(torch.zeros(1, 1, 2, 2), 0.5).max() == 5
    assert bounded(loud, 1.0)(torch.zeros(1, 2), 0.5).max() == 5


def test_what_is_to_be_matched_is_a_test_pair_each_or_one_for_all_or_an_image(tmp_path):
    data = {"test_pair": torch.arange(3.0).view(3, 1, 1, 1).expand(3, 1, 4, 4)}
    each = condition(data, 5)
    assert each.source.tolist() == each.values[:, 0, 0, 0].tolist() == [0, 1, 2, 0, 1]
    assert condition(data, 2, entry=2).values[:, 0, 0, 0].tolist() == [2, 2]
    Image.new("L", (8, 8), 255).save(tmp_path / "mine.png")
    mine = condition(data, 2, image=str(tmp_path / "mine.png"))
    assert mine.values.shape == (2, 1, 4, 4) and torch.all(mine.values == 1)
    assert mine.source.tolist() == [-1, -1]
    for wrong, match in (
        (({}, {}), "pairs"),
        ((data, {"entry": 3}), "entry"),
        ((data, {"image": "no.png"}), "no.png"),
    ):
        with pytest.raises(InputError, match=match):
            condition(wrong[0], 1, **wrong[1])
