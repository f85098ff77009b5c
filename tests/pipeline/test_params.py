"""params.yaml is held against the code, and what is wrong is told in one line."""

import copy
import json
import math
import subprocess
import sys
from collections import Counter
from inspect import signature

import pytest

from scorefield.core import bounds, registry
from scorefield.core.errors import InputError
from scorefield.core.registry import KINDS, methods
from scorefield.paths import hamiltonian, instanton, string
from scorefield.paths.hamiltonian import move
from scorefield.paths.instanton import least_action
from scorefield.paths.string import minimum_energy
from scorefield.pipeline import signatures
from scorefield.pipeline.json_schema import schema
from scorefield.pipeline.params import section
from scorefield.pipeline.signatures import guide, knobs, section_knobs
from scorefield.pipeline.stage_code import named
from scorefield.pipeline.validation import fits, problems
from scorefield.pipeline.value_types import words
from tests.helpers.params import PARAMS, broken
from tests.helpers.tiny import cut


def test_the_parameters_of_this_project_are_right():
    assert list(problems(PARAMS)) == []


GUIDED = {k: v for k, v in PARAMS["runs_with_guide"]["mnist-ratio-disc"].items() if k != "ratio"}


@pytest.mark.parametrize(
    "path, value, said",
    [
        ("trace", {"probes": 8}, "trace: an instability score has no section; use instability.NAME.trace"),
        ("heunn", {}, "heunn: unknown section; did you mean 'heun'?"),
        ("unet/lrr", 1, "unet.lrr: unknown key; did you mean 'lr'?"),
        ("unet/lr", "fast", "unet.lr: expected a number of at least 0, found 'fast'"),
        ("unet/lr", math.nan, "unet.lr: expected a number of at least 0, found nan"),
        ("temperature/spread", math.inf, "temperature.spread: expected a number of at least 0, found inf"),
        ("ibg/step", -1, "ibg.step: expected a number above 0, found -1"),
        ("ibg/probes", 0, "ibg.probes: expected a whole number of at least 1, found 0"),
        ("unet/steps", 1.5, "unet.steps: expected a whole number of at least 0, found 1.5"),
        ("unet/attention", 1, "unet.attention: expected true or false, found 1"),
        ("unet/small", [32, "a"], "unet.small: expected a list of at least 1, each a whole number of at least 1 and at most 8192, found [32, 'a']"),
        ("ddpm/predict", "epsilon", "ddpm.predict: expected one of x0, eps, v, flow, edm, found 'epsilon'"),
        ("ibg/score", "trac", "ibg.score: no instability named 'trac'; did you mean 'trace'?"),
        ("unet/optimiser", "moun", "unet.optimiser: no optimisers named 'moun'; did you mean 'muon'?"),
        ("models/digits-ddpm/unet", {"optimiser": "adam"}, "models.digits-ddpm.unet.optimiser: no optimisers named 'adam'; did you mean 'adamw'?"),
        ("mlp/optimiser", 1, "mlp.optimiser: expected the name of a file in src/scorefield/optimisers, found 1"),
        ("muon/momentum", 1.0, "muon.momentum: expected a number of at least 0 and below 1, found 1.0"),
        ("muon/rate", 0.1, "muon.rate: unknown key; did you mean"),
        ("adamw/beta", 0.9, "adamw.beta: unknown key; did you mean 'beta"),
        ("runs/bimodal-ddim/model", "bimodal-dpm", "no models named 'bimodal-dpm'; did you mean 'bimodal-ddpm'?"),
        ("runs/bimodal-ddim/sampler", "ddmi", "no samplers named 'ddmi'; did you mean 'ddim'?"),
        ("runs/bimodal-ddim/data", "bimodel", "no data named 'bimodel'; did you mean 'bimodal'?"),
        ("runs/bimodal-ddim/samples", 3, "runs.bimodal-ddim.samples: unknown key; did you mean 'sampler'?"),
        ("runs/bimodal-ddim/ddim", {"step": 3}, "runs.bimodal-ddim.ddim.step: unknown key; did you mean 'steps'?"),
        ("runs/bimodal-ddim/n", 0, "runs.bimodal-ddim.n: expected a whole number of at least 2, found 0"),
        ("runs/bimodal-ddim/guidance", "ratio", "runs.bimodal-ddim: its guidance needs a guide; it belongs into runs_with_guide"),
        ("runs_with_guide/mnist-ratio-disc", GUIDED | {"guidance": "plain"}, "its guidance takes no guide; it belongs into runs"),
        ("runs_with_guide/digits-ddim", PARAMS["runs_with_guide"]["mnist-ratio-disc"], "there is a run of that name in runs"),
        ("models/digits-ddpm/schedule", "cosin", "no schedule named 'cosin'; did you mean 'cosine'?"),
        ("data/digits/source", "minst", "no data named 'minst'; did you mean 'mnist'?"),
        ("guidance_sweep/layouts/variants", ["ibg", "revers"], "guidance_sweep.layouts.variants: no variant named 'revers'; did you mean 'reversed'?"),
        ("guidance_sweep/layouts/variants", ["ratio"], "guidance_sweep.layouts.variants: 'ratio' has no scale, or needs a guide or a condition"),
        ("guidance_sweep/mnist/scales/modle", {"ibg": [1.0]}, "guidance_sweep.mnist.scales.modle: no denoiser of that name; did you mean 'model'?"),
        ("guidance_sweep/mnist/scales/model/ibgs", [1.0], "guidance_sweep.mnist.scales.model.ibgs: not among the variants; did you mean 'ibg'?"),
        ("instability/layouts/trace", {"probs": 8}, "instability.layouts.trace.probs: unknown key; did you mean 'probes'?"),
        ("instability/layouts/drift", {"probes": 3}, "expected a whole number of at least 2 and a multiple of 2, found 3"),
        ("paths/missing/endpoints", [["class 1"]], "expected a list of at least 1, each a list of 2, each text"),
        ("matching_guides/mnist-disc/study", "mnst", "matching_guides.mnist-disc.study: no matching named 'mnst'; did you mean 'mnist'?"),
        ("matching_guides/mnist-disc/seed", 2, "matching_guides.mnist-disc.seed: expected 1 as in its study"),
        ("guidance_sweep", [], "guidance_sweep: expected a table of entries, found []"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_one_line_with_key_and_nearest_name(path, value, said):
    (line,) = broken(path, value)
    assert said in line and "\n" not in line


def test_a_missing_key_is_told():
    params = copy.deepcopy(PARAMS)
    del params["unet"]["lr"], params["runs"]["bimodal-ddim"]["model"], params["plain"]
    found = Counter(line.split(";")[0] for line in problems(params))
    assert found["unet.lr: missing"] == found["runs.bimodal-ddim.model: missing"] == 1
    assert found["runs.bimodal-ddim.guidance: 'plain' has no section of that name"] == 1


def test_a_whole_number_is_a_number_and_nothing_else_is_taken_for_another_type():
    assert fits(1, float) and fits(2, bounds.Positive)
    taken = [(1.0, int), (1.5, int), (True, int), (True, float), (1, bool), ("1", int), (1, str)]
    assert not any(fits(value, kind) for value, kind in taken)
    assert not any(fits(value, float) for value in (math.inf, -math.inf, math.nan))


EVERY = [(kind, name) for kind in KINDS for name in methods(kind)]


@pytest.mark.parametrize("kind, name", EVERY, ids=lambda value: value)
def test_every_knob_has_a_default_of_its_own_type_and_params_yaml_states_it(kind, name):
    own = knobs(f"{kind}/{name}.py", name)
    assert all(not knob.required and words(knob.kind) != "anything" for knob in own.values())
    unfit = [key for key, knob in own.items() if not fits(knob.default, knob.kind)]
    assert not unfit
    given = PARAMS.get(name, {})
    stated = {key: given[key] for key in own if key in given}
    as_lists = {key: list(v) if isinstance(v := own[key].default, tuple) else v for key in stated}
    assert stated == as_lists


def test_signatures_read_from_the_source_are_those_of_the_functions():
    for kind, name in EVERY:
        read = knobs(f"{kind}/{name}.py", name)
        assert list(read) == registry.keywords(registry.load_method(kind, name)), (kind, name)


def test_validation_imports_no_method_and_no_torch():
    code = "import sys; from scorefield.pipeline import stage_code, validation; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A method's file that does not exist, by its text."""
    monkeypatch.setattr(signatures, "SOURCE", tmp_path)

    def write(text):
        (tmp_path / "one.py").write_text(text)
        signatures.parsed.cache_clear()
        signatures.knobs.cache_clear()
        return "one.py"

    yield write
    signatures.parsed.cache_clear()
    signatures.knobs.cache_clear()


def test_an_annotation_is_read_and_not_run(written, tmp_path):
    touch = f"open({str(tmp_path / 'ran')!r}, 'w')"
    for knob in (f"a: {touch} = 1", f"a: int = {touch}", "a: int.__class__ = 1", "a: Unknown = 1"):
        with pytest.raises(InputError, match=r"src/scorefield/one\.py: a"):
            knobs(written(f"{touch}\ndef one(*, {knob}): ...\n"), "one")
    assert not (tmp_path / "ran").exists()


def test_a_type_that_the_file_names_itself_is_understood(written):
    text = (
        "Small = Annotated[int, Interval(ge=1, le=3)]\nLAST = 2\ndef one(*, a: Small = LAST): ...\n"
    )
    (knob,) = knobs(written(text), "one").values()
    assert knob.default == 2 and fits(3, knob.kind) and not fits(4, knob.kind)
    assert words(knob.kind) == "a whole number of at least 1 and at most 3"


def test_the_hook_and_the_budget_belong_to_the_section():
    assert {"scale", "entry", "image"} <= set(section_knobs("guidance", "ratio"))
    assert {"width", "steps", "batch", "lr", "ema"} <= set(section_knobs("nets", "mlp"))
    assert set(section_knobs("samplers", "ddim")) == {"steps", "spacing"}
    assert [guide(name) for name in ("ratio", "ibg", "plain")] == ["needed", "optional", "none"]


def test_an_editor_accepts_what_validation_accepts_and_refuses_what_it_refuses():
    jsonschema = pytest.importorskip("jsonschema")
    held = jsonschema.Draft202012Validator(json.loads(json.dumps(schema())))
    assert not list(held.iter_errors(PARAMS))
    wrong = (("unet/lr", -1), ("unet/lrr", 1), ("ibg/score", "trac"), ("unet/optimiser", "moun"))
    for path, value in wrong:
        params = copy.deepcopy(PARAMS)
        section, key = path.split("/")
        params[section][key] = value
        assert len(list(held.iter_errors(params))) == 1, path


@pytest.mark.parametrize("optimiser", methods("optimisers"))
def test_the_code_of_a_training_includes_its_optimiser_and_no_other(optimiser):
    spec = PARAMS["models"]["bimodal-ddpm"]
    own = spec | {"mlp": {"optimiser": optimiser}}
    everywhere = PARAMS | {"mlp": PARAMS["mlp"] | {"optimiser": optimiser}}
    for used in (named("train", "models", own, PARAMS), named("train", "models", spec, everywhere)):
        assert {name for kind, name in used if kind == "optimisers"} == {optimiser}


def test_tiny_budgets_are_valid_parameters():
    params = copy.deepcopy(PARAMS)
    cut(params)
    assert list(problems(params)) == []


METHODS = [(hamiltonian, move), (instanton, least_action), (string, minimum_energy)]


@pytest.mark.parametrize("method, engine", METHODS)
def test_the_numbers_of_params_yaml_are_the_defaults(method, engine):
    for function in (method, engine):
        knobs = {
            k: p.default
            for k, p in signature(function).parameters.items()
            if p.kind == p.KEYWORD_ONLY
        }
        assert knobs == section(method.__name__)
