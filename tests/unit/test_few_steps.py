"""The few-steps study: what is shared, and what its report says."""

import numpy as np
import pandas
import pytest
import torch
from matplotlib.axes import Axes
from scipy.stats import sem, t

from scorefield.core.denoiser import Chunk, Counter, counted
from scorefield.core.noise import streams
from scorefield.core.registry import load_method, methods
from scorefield.core.remembered import remembered
from scorefield.core.schedule import cosine, times
from scorefield.experiments.few_steps import refuses
from scorefield.experiments.few_steps_report import means_over_seeds
from scorefield.plots.lines import lines
from scorefield.samplers.ancestral import ancestral
from scorefield.samplers.ddim import ddim
from tests.helpers.laws import oracle, three


@pytest.mark.parametrize("draws", [False, True])
def test_a_shared_first_call_changes_no_sample(draws):
    model, inner = oracle(three(), cosine(), draws), Counter()
    once = remembered(counted(model, inner), at=1.0)

    def samples(denoiser, sampler, steps):
        randn = streams(4, range(5))
        (bound,) = Chunk(randn).bind(denoiser)
        *_, x = sampler(bound, randn(torch.empty(5, 2)), times(steps), randn)
        return x

    for sampler in (ddim, ancestral):
        for steps in (1, 2, 3):
            assert torch.equal(samples(once, sampler, steps), samples(model, sampler, steps))
    assert inner.calls == 1 + 2 * (1 + 2)


def scored(values: list[float], **more: list[float]) -> pandas.DataFrame:
    rows = {"model": "one", "sampler": "ddim", "steps": 2, "nfe": 2, "seed": range(len(values))}
    return pandas.DataFrame(rows | {"mmd2": values} | more)


def test_the_interval_is_students_over_seeds_or_that_of_the_errors_of_each_seed():
    values = [1.0, 2.0, 3.5]
    found = means_over_seeds(scored(values), "mmd2").iloc[0]
    assert (found["low"], found["high"]) == pytest.approx(
        t.interval(0.95, 2, np.mean(values), sem(values))
    )
    assert means_over_seeds(scored([1.0]), "mmd2")[["se", "low"]].isna().all(axis=None)
    known = means_over_seeds(scored([1.0, 2.0], mmd2_se=[3.0, 4.0]), "mmd2").iloc[0]
    assert known["se"] == pytest.approx(2.5)
    assert known["high"] == pytest.approx(1.5 + 1.959964 * 2.5)


@pytest.mark.parametrize("values", [[-2.0, 3.0, 2.0], [5.0, 5.0, 5.0]])
def test_the_mean_over_seeds_is_drawn_of_values_that_are_not_clipped(tmp_path, monkeypatch, values):
    drawn = []
    monkeypatch.setattr(Axes, "errorbar", lambda self, x, y, *_, **__: drawn.append(list(y)))
    means = means_over_seeds(scored(values), "mmd2")
    lines(means.assign(method="one"), "mmd2", 0.5, 10, str(tmp_path / "a.png"))
    assert drawn == [[np.mean(values)]]
    assert (tmp_path / "a.svg").exists()


@pytest.mark.parametrize("sampler", methods("samplers"))
def test_a_sampler_that_needs_a_mean_is_left_out_for_a_model_that_draws(sampler):
    found = load_method("samplers", sampler)
    assert not refuses(found, oracle(three(), cosine(), False))
    drawing = sampler in ("ddim", "ancestral", "boost")
    assert refuses(found, oracle(three(), cosine(), True)) == (not drawing)
