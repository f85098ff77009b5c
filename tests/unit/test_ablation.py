"""Ablations: what their figures are of exact posteriors and ratios, and what an entry trains."""

import math

import pandas
import pytest
import torch

from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.schedule import cosine, linear
from scorefield.experiments import ablation
from scorefield.experiments.ablation_report import intervals
from scorefield.metrics.relative_ratio import LEAST, log_relative, relative_errors
from scorefield.objectives.dddm import diagnose
from scorefield.pipeline.ablations import model_of
from scorefield.pipeline.stage_code import named
from scorefield.pipeline.validation import problems
from scorefield.pipeline.variants import variants
from tests.helpers.laws import Oracle, oracle, pair, three
from tests.helpers.params import PARAMS, broken, changed

pytestmark = pytest.mark.usefixtures("double")
SPEC = {
    "data": "bimodal",
    "net": "mlp",
    "objective": "dddm",
    "schedule": "cosine",
    "mlp": {"width": 64, "batch": 64},
    "evaluator": "bimodal-exact",
    "seeds": [3, 4],
    "steps": {"ddim": [1]},
    "n": 32,
    "variants": {
        "plain": {},
        "m-2": {"mlp": {"batch": 256}, "dddm": {"m": 2}, "schedule": "linear"},
    },
}


@pytest.mark.parametrize("schedule", [cosine(), linear()])
@pytest.mark.parametrize("wide", [1.0, 0.5])
def test_the_spread_of_exact_posterior_draws_is_1_and_of_draws_half_as_wide_a_half(schedule, wide):
    law = three()
    data = {f"mixture.{key}": getattr(law, key) for key in ("weight", "mean", "cov")}
    data["test"] = law.sample(2048)[0].float()
    exact, mean = oracle(law, schedule, draws=True), oracle(law, schedule)

    def narrowed(x, t):
        centre = mean(x, t)
        return centre + wide * (exact(x, t) - centre)

    narrowed.schedule = schedule
    found = diagnose(narrowed, data)
    assert found == pytest.approx(dict.fromkeys(found, wide), rel=0.03)
    assert found.keys() == {"spread", *(f"spread_{i}" for i in range(1, 5))}


def test_the_relative_ratio_is_its_definition_and_at_most_1_over_alpha():
    log_r = torch.tensor([-9.0, -1.0, 0.0, 2.0, 30.0])
    for alpha in (0.1, 0.5, 0.9):
        expected = (log_r.exp() / (alpha * log_r.exp() + 1 - alpha)).log()
        torch.testing.assert_close(log_relative(log_r, alpha), expected)
        assert log_relative(log_r, alpha).max() <= math.log(1 / alpha) + 1e-12
    assert torch.equal(log_relative(log_r, 0), log_r)
    with pytest.raises(InputError, match="alpha: expected"):
        log_relative(log_r, 1.0)


def test_the_error_of_a_ratio_that_is_e_times_too_large_is_1_for_log_r_and_less_for_relative_ones():
    true = torch.randn(500)
    found = relative_errors(true + 1, true, (0.0, 0.2, 0.9))
    assert found[0] == pytest.approx(1) and 1 > found[1] > found[2] > 0
    assert relative_errors(true, true, (0.0, 0.9)) == [0, 0]
    low = torch.full((4,), LEAST - 7)
    assert relative_errors(low, low - 50, (0.0, 0.5)) == [0, 0]


@pytest.mark.parametrize("condition", ["clean", "same_t"])
def test_the_errors_of_the_exact_ratio_of_clean_pairs_vanish(condition):
    law = pair()
    data = {f"joint.{key}": getattr(law, key) for key in ("weight", "mean", "cov")}
    data["test"], data["test_pair"] = law.sample(64)[0].float().split(1, dim=1)
    model = Model(Oracle(law, cosine(), condition), cosine(), "x0", [1])
    found = ablation.ratio_errors(model, data)
    if condition == "same_t":
        assert found == {}
    else:
        assert found == pytest.approx({f"error_{a:g}": 0 for a in ablation.ALPHAS}, abs=1e-4)


class One(Oracle):
    """A ratio of 1 everywhere."""

    def forward(self, x, t, y, s):
        return 0 * x[:, 0]


def test_the_error_of_a_ratio_of_1_is_that_of_log_r_over_joint_and_independent_pairs():
    """Of x_t and y with correlation c, log r = (2 c x y - c^2 (x^2 + y^2)) / (2 (1 - c^2)) minus
    half of log(1 - c^2), both of variance 1."""
    law, n = pair(0.5), 50_000
    data = {f"joint.{key}": getattr(law, key) for key in ("weight", "mean", "cov")}
    data["test"], data["test_pair"] = law.sample(n)[0].float().split(1, dim=1)
    found = ablation.ratio_errors(Model(One(law, cosine(), "clean"), cosine(), "x0", [1]), data)
    x, noise, squares = torch.randn(1_000_000), torch.randn(1_000_000), []
    for level in ablation.LEVELS:
        c = 0.5 / (1 + level**2) ** 0.5
        for y in (c * x + (1 - c**2) ** 0.5 * noise, noise):
            exponent = (2 * c * x * y - c**2 * (x**2 + y**2)) / (2 * (1 - c**2))
            squares.append((exponent - math.log(1 - c**2) / 2).square().mean())
    assert found["error_0"] == pytest.approx(torch.stack(squares).mean().sqrt().item(), rel=0.03)


def test_a_variant_changes_the_settings_that_it_names_and_no_others():
    plain, changed = (model_of(SPEC, name, seed=4) for name in SPEC["variants"])
    assert plain == {key: SPEC[key] for key in ("data", "net", "objective", "schedule", "mlp")} | {
        "seed": 4
    }
    assert changed == plain | {
        "schedule": "linear",
        "mlp": {"width": 64, "batch": 256},
        "dddm": {"m": 2},
    }
    assert SPEC["mlp"] == {"width": 64, "batch": 64}


def test_a_variant_of_a_sweep_by_its_own_name_is_a_guidance_with_its_settings():
    found = variants({"variants": {"wide": {"ibg": {"high": 12.0}}, "back": {"reversed": {}}}})
    assert found["wide"].guidance == found["back"].guidance == "ibg"
    assert found["wide"].fixed == {"high": 12.0} and found["back"].sign == -1
    with pytest.raises(InputError, match="wide: expected one guidance"):
        variants({"variants": {"wide": {"ibg": {}, "random": {}}}})


def test_the_interval_over_seeds_is_that_of_student():
    """Of 1, 2, 3 the standard error is 1 / sqrt(3), and t of 2 degrees of freedom is 4.3027."""
    table = pandas.DataFrame({"variant": "a", "seed": [0, 1, 2], "spread": [1.0, 2.0, 3.0]})
    (row,) = intervals(table).to_dict("records")
    assert row["mean"] == 2 and row["high"] - 2 == pytest.approx(4.3027 / 3**0.5, rel=1e-4)
    assert row["low"] == pytest.approx(4 - row["high"])


ENTRY = {key: value for key, value in SPEC.items() if key != "mlp"} | {"n": 32}


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ({"dddm": {"betta": 1.0}}, "ablation.one.variants.a.dddm.betta: unknown key; did you mean 'beta'?"),
        ({"dddm": {"m": 1}}, "ablation.one.variants.a.m: expected at least 2 draws"),
        ({"schedule": "linaer"}, "no schedule named 'linaer'; did you mean 'linear'?"),
        ({"ddpm": {"predict": "v"}}, "ablation.one.variants.a.ddpm: unknown key"),
        ({"net": "unet"}, "ablation.one.variants.a.net: unet takes images; 'bimodal' are points"),
    ],
)  # fmt: skip
def test_a_wrong_variant_is_one_line_with_its_place(variant, said):
    (line,) = broken("ablation/one", ENTRY | {"variants": {"a": variant}})
    assert said in line
    assert not [*problems(changed("ablation/one", ENTRY))]


def test_the_code_of_an_ablation_is_that_of_all_its_variants():
    spec = ENTRY | {"variants": {"a": {}, "b": {"mlp": {"optimiser": "adamw"}}}}
    found = named("ablation", "ablation", spec, PARAMS)
    names = {("nets", "mlp"), ("nets", "exact"), ("objectives", "dddm"), ("samplers", "ddim")}
    assert found == names | {("optimisers", "muon"), ("optimisers", "adamw")}
