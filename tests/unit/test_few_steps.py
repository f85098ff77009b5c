"""The few-steps study: what is shared, and what its report says."""

import pandas
import pytest
import torch
from matplotlib.axes import Axes

from scorefield.core.denoiser import Chunk, Counter, counted
from scorefield.core.noise import streams
from scorefield.core.remembered import remembered
from scorefield.core.schedule import cosine, times
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


def test_the_error_is_the_spread_over_seeds_or_that_of_each_seed():
    assert means_over_seeds(scored([1.0, 2.0, 3.0]), "mmd2")["se"].item() == pytest.approx(3**-0.5)
    assert means_over_seeds(scored([1.0]), "mmd2")["se"].isna().all()
    known = scored([1.0, 2.0], mmd2_se=[3.0, 4.0])
    assert means_over_seeds(known, "mmd2")["se"].item() == pytest.approx(2.5)


def test_the_mean_over_seeds_is_drawn_of_values_that_are_not_clipped(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(Axes, "errorbar", lambda self, x, y, *_, **__: drawn.append(list(y)))
    table = scored([-2.0, 3.0, 2.0])
    lines(table, means_over_seeds(table, "mmd2"), "mmd2", 0.5, 10, str(tmp_path / "a.png"))
    assert drawn == [[1.0]]
