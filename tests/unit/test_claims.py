"""A claim gets the verdict that its interval gives, and only figures with errors can test one."""

import json
import math

import pandas
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from scipy.stats import ttest_rel

from scorefield.core.errors import InputError
from scorefield.experiments.claims import claim, decided, figures_of, place
from scorefield.metrics.verdicts import Estimate, Range, needed_n, paired_estimate, verdict
from scorefield.pipeline.files import save_json
from scorefield.pipeline.params import load
from tests.helpers.project import ROOT

ABOVE, BETWEEN = Range(least=0.0, matters=1.0), Range(least=0.9, most=1.1)
KEYS = {"id", "family", "statement", "source", "metric", "control", "effect", "low", "high"}
KEYS |= {"n", "seeds", "verdict", "needed_n"}
GIVEN = {
    "id": "a",
    "family": "paths",
    "statement": "B is below A.",
    "source": "this project",
    "study": "paths/x",
    "metric": "action",
    "control": "A",
}


def around(effect, half, n=100):
    return Estimate(effect, effect - half, effect + half, n)


@pytest.mark.parametrize(
    ("claimed", "found", "expected"),
    [
        (ABOVE, around(2, 1), "confirmed"),
        (ABOVE, around(0.2, 0.1), "confirmed"),
        (ABOVE, around(0.2, 0.3), "refuted"),  # no effect that matters
        (ABOVE, around(-2, 1), "refuted"),
        (ABOVE, around(0.5, 1), "underpowered"),
        (Range(most=0.0), around(-2, 1), "confirmed"),
        (Range(most=0.0), around(2, 1), "refuted"),
        (Range(most=0.0), around(1, 2), "underpowered"),
        (BETWEEN, around(1, 0.05), "confirmed"),
        (BETWEEN, around(1.2, 0.05), "refuted"),
        (BETWEEN, around(1.1, 0.05), "underpowered"),
        (BETWEEN, around(1, 0.5), "underpowered"),
    ],
)
def test_an_interval_inside_confirms_one_outside_refutes_any_other_is_underpowered(
    claimed, found, expected
):
    assert verdict(claimed, found) == expected


@given(st.floats(-3, 3), st.floats(0.01, 3), st.integers(2, 1000))
def test_the_needed_n_decides_a_claim_and_half_of_it_does_not(effect, half, n):
    for claimed in (ABOVE, BETWEEN, Range(most=-0.5)):
        found = around(effect, half, n)
        needed = needed_n(claimed, found)
        if needed is None or needed > 1e9:
            continue
        decisive = around(effect, half * math.sqrt(n / (needed * 1.01)))
        assert verdict(claimed, decisive) != "underpowered"
        assert (
            verdict(claimed, around(effect, half * math.sqrt(n / (needed / 2)))) == "underpowered"
        )


def test_a_paired_estimate_has_the_interval_of_a_paired_t_test():
    a, b = torch.rand(2, 20, generator=torch.manual_seed(0), dtype=torch.float64)
    interval = ttest_rel(a.numpy(), b.numpy()).confidence_interval(0.95)
    found = paired_estimate(a - b)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.effect == pytest.approx((a - b).mean().item()) and found.n == 20


def of_study(place, monkeypatch, figures, table=None):
    """A project with one study, paths/x."""
    figures_of.cache_clear()
    load.cache_clear()
    monkeypatch.chdir(place)
    (place / "params.yaml").write_text("s: {seeds: [1, 2, 3]}")
    save_json("metrics/paths/x.json", figures)
    if table is not None:
        table.to_csv("metrics/paths/x.csv", index=False)


def test_figures_are_subtracted_with_independent_errors(tmp_path, monkeypatch):
    figures = {"b": 1.0, "b_se": 0.3, "a": 5.0, "a_low": 4.0, "a_high": 6.0, "n": 50}
    of_study(tmp_path, monkeypatch, figures)
    known = claim(GIVEN | {"figure": "b", "minus": "a", "below": 0.0, "n": "n", "seeds": "s.seeds"})
    found = decided(known)
    half = math.hypot(0.3 * 1.959964, 1.0)
    assert (found["low"], found["high"]) == pytest.approx((-4 - half, -4 + half))
    assert (found["n"], found["seeds"], found["verdict"]) == (50, 3, "confirmed")


def test_rows_are_paired_by_the_columns_that_are_named(tmp_path, monkeypatch):
    table = pandas.DataFrame(
        {
            "case": [1, 1, 2, 2, 3, 3],
            "method": ["line", "curve"] * 3,
            "target": ["goal"] * 4 + ["other"] * 2,
            "action": [4.0, 2.0, 8.0, 4.0, 1.0, 100.0],
        }
    ).sample(frac=1, random_state=0)
    of_study(tmp_path, monkeypatch, {}, table)
    rows = {"column": "action", "by": "method", "of": "curve", "against": "line"}
    rows |= {"pairs": ["case"], "where": {"target": "goal"}, "log": True}
    found = decided(claim(GIVEN | {"rows": rows, "below": 0.0}))
    assert found["effect"] == pytest.approx(-math.log(2)) and found["n"] == 2


def test_two_rows_for_one_pair_are_refused_and_not_averaged(tmp_path, monkeypatch):
    table = pandas.DataFrame({"case": [1, 1, 1], "method": ["line", "curve", "line"]})
    of_study(tmp_path, monkeypatch, {}, table.assign(action=1.0))
    rows = {"column": "action", "by": "method", "of": "curve", "against": "line", "pairs": ["case"]}
    with pytest.raises(InputError, match="several rows have the same method and case"):
        decided(claim(GIVEN | {"rows": rows, "below": 0.0}))


def test_a_claim_may_name_a_figure_of_a_long_study_and_a_setting_on_its_card(tmp_path, monkeypatch):
    of_study(tmp_path, monkeypatch, {})
    save_json("studies/long/card.json", {"params": {"sweep.x": {"n": 4000, "seeds": [1, 2]}}})
    save_json("studies/long/x.json", {"b": 1.0, "b_low": 0.8, "b_high": 1.2, "seeds": 5})
    given = {"study": "studies/long/x", "figure": "b", "above": 0.0, "n": "sweep.x.n"}
    found = decided(claim(GIVEN | given | {"seeds": "seeds"}))
    assert (found["verdict"], found["n"], found["seeds"]) == ("confirmed", 4000, 5)
    assert found["high"] == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"above": 0.0}, "expected one of figure and rows"),
        ({"figure": "a"}, "expected `above`, `below`"),
        ({"figure": "a", "above": 2.0, "below": 1.0}, "expected `above`, `below`"),
        ({"figure": "a", "abvoe": 2.0}, "abvoe"),
        ({"figure": "actoin", "above": 0.0, "n": "n"}, "did you mean 'action'"),
        ({"figure": "length", "above": 0.0, "n": "n"}, "no standard error"),
        ({"figure": "action", "above": 0.0, "n": "m"}, "no figure and no parameter"),
    ],
)
def test_a_claim_that_cannot_be_tested_is_told_in_one_line(tmp_path, monkeypatch, changed, said):
    of_study(tmp_path, monkeypatch, {"action": 1.0, "action_se": 0.1, "length": 2.0, "n": 3})
    with pytest.raises(InputError, match=said) as told:
        decided(claim(GIVEN | changed))
    assert "\n" not in str(told.value) and "claims.a" in str(told.value)


def test_every_claim_of_this_project_has_a_verdict():
    every = YAML(typ="safe").load(ROOT / "claims.yaml")
    known = [each for each in every if (ROOT / f"{place(each['study'])}.json").exists()]
    found = {each["id"]: each for each in json.loads((ROOT / "metrics/claims.json").read_text())}
    assert [*found] == [each["id"] for each in known] and len(known) >= 25
    assert all(each.keys() >= KEYS for each in found.values())
    undecided = [each for each in found.values() if each["verdict"] == "underpowered"]
    assert len(undecided) <= len(known) / 5
