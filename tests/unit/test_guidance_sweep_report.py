"""Figures of a guidance sweep: scales are chosen on other data, and gains are paired."""

import numpy as np
import pandas
import pytest
import torch
from matplotlib.container import ErrorbarContainer
from scipy.stats import norm, sem

from scorefield.core.datasets import Layouts
from scorefield.core.results import SteeredSamples
from scorefield.experiments.guidance_sweep_figures import (
    CellFigures,
    chosen_figures,
    chosen_on_other_half,
)
from scorefield.plots import trade_off as plot


def rates(role, variant, scale, rare_mode, off_mode):
    """The figures of one cell, of a list of layouts."""
    lists = {"rare_mode": rare_mode, "off_mode": off_mode}
    values = {key: torch.tensor(each, dtype=torch.float64) for key, each in lists.items()}
    return CellFigures(SteeredSamples(role, variant, scale, torch.zeros(0), 0), values)


def test_a_scale_is_chosen_on_the_other_half_of_the_layouts():
    """Layouts 0 and 2 allow scale 2, by their off-mode rate; 1 and 3 only scale 1."""
    every = [
        ("model", "plain", 0.0, [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]),
        ("model", "ibg", 1.0, [0.3, 0.4, 0.5, 0.6], [0.0, 0.0, 0.0, 0.0]),
        ("model", "ibg", 2.0, [0.6, 0.7, 0.8, 0.9], [0.02, 0.05, 0.03, 0.05]),
        ("model", "random", 1.0, [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]),
        ("control", "ibg", 1.0, [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]),
    ]
    figures = [rates(*each) for each in every]
    chosen = chosen_on_other_half(figures, "model", "ibg", most=0.03)
    assert chosen.scale.tolist() == [1.0, 2.0, 1.0, 2.0]
    assert chosen.rare_mode.tolist() == pytest.approx([0.3, 0.7, 0.5, 0.9])
    assert chosen.off_mode.tolist() == pytest.approx([0.0, 0.05, 0.0, 0.05])


def test_a_paired_choice_bounds_the_cost_and_is_unguided_only_where_every_scale_costs_more():
    """Half of the unguided cases are off-mode; scale 2 costs half of the others on the odd side."""
    half = [0.5] * 4
    every = [
        ("model", "plain", 0.0, half, half),
        ("model", "ibg", 1.0, [0.3] * 4, half),
        ("model", "ibg", 2.0, [0.9] * 4, [0.5, 1.0, 0.5, 1.0]),
        ("model", "random", 1.0, [0.9] * 4, [0.6] * 4),
    ]
    figures = [rates(*each) for each in every]
    found = chosen_on_other_half(figures, "model", "ibg", most=0.03, paired=True)
    assert found.scale.tolist() == [1.0, 2.0, 1.0, 2.0]
    assert found.gain.tolist() == pytest.approx([-0.2, 0.4, -0.2, 0.4])
    assert found.cost.tolist() == pytest.approx([0.0, 0.5, 0.0, 0.5])
    none = chosen_on_other_half(figures, "model", "random", most=0.03, paired=True)
    assert none.scale.tolist() == none.gain.tolist() == none.cost.tolist() == [0.0] * 4


def swept_layouts(plain, guided):
    """Metrics of a sweep over eight layouts with a rare mode, the first five of them interior; no
    sample is off-mode, and both roles have the same rates."""
    figures = [
        rates(role, *cell, [0.0] * 8)
        for role in ("model", "control")
        for cell in (("plain", 0.0, plain), ("ibg", 1.0, guided))
    ]
    data = Layouts({"regime": torch.ones(8), "interior": torch.arange(8) < 5})
    return chosen_figures(figures, data, ["ibg"], most=0.03, regime=1)


PLAIN = [0.01, 0.02, 0.0, 0.005, 0.03, 0.01, 0.0, 0.04]


def test_the_paired_gain_of_a_variant_that_changes_nothing_is_0_without_an_error():
    found = swept_layouts(PLAIN, PLAIN)
    gains = {key: value for key, value in found.items() if "ibg" in key and "gain" in key}
    assert len(gains) == 8 and set(gains.values()) == {0.0}


def test_the_paired_gain_is_the_mean_difference_and_its_error_that_of_the_differences():
    guided = [0.3, 0.1, 0.02, 0.1, 0.05, 0.2, 0.01, 0.0]
    found, difference = swept_layouts(PLAIN, guided), np.subtract(guided, PLAIN)
    for role in ("", "control_"):
        for place, mine in (("interior", difference[:5]), ("edge", difference[5:])):
            label = f"{role}ibg_{place}_gain"
            assert found[label] == pytest.approx(mine.mean(), abs=1e-12)
            assert found[f"{label}_se"] == pytest.approx(sem(mine), abs=1e-12)


def test_a_shift_of_all_layouts_by_one_amount_is_a_gain_without_an_error():
    found = swept_layouts(PLAIN, [rate + 0.25 for rate in PLAIN])
    assert found["ibg_interior_gain"] == pytest.approx(0.25)
    assert found["ibg_interior_gain_se"] < 1e-12 < found["ibg_interior_rare_mode_se"]


def test_every_point_of_the_picture_has_its_95_percent_interval_within_0_and_100_percent(
    monkeypatch,
):
    table = pandas.DataFrame(
        [("plain", 0.0, 0.01, 0.02, 0.003, 0.004), ("ibg", 1.0, 0.1, 0.03, 0.02, 0.005),
         ("ibg", 2.0, 0.2, 0.05, 0.03, 0.006), ("random", 1.0, 0.0, 0.5, 0.001, 0.007)],
        columns=["variant", "scale", "rare_mode", "off_mode", "rare_mode_se", "off_mode_se"],
    )  # fmt: skip
    drawn = []
    monkeypatch.setattr(plot, "keep", lambda figure, path: drawn.extend(figure.axes))
    plot.trade_off({"one": table}, "unused")
    bars = [c for c in drawn[0].containers if isinstance(c, ErrorbarContainer)]
    for way, key in enumerate(("off_mode", "rare_mode")):
        ends = np.concatenate([c.lines[2][way].get_segments() for c in bars])[:, :, way]
        low, high = norm.interval(0.95, table[key], table[f"{key}_se"])
        expected = zip(100 * low.clip(0, 1), 100 * high.clip(0, 1), strict=True)
        assert np.allclose(sorted(ends.tolist()), sorted(expected), atol=1e-8)
