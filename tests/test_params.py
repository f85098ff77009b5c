"""params.yaml is held against the code, and what is wrong is told in one line."""

import copy
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from scorefield.lab.check import problems
from tests.tiny import cut

PARAMS = YAML(typ="safe").load(Path(__file__).parents[1] / "params.yaml")


def test_the_parameters_of_this_project_are_right():
    assert list(problems(PARAMS)) == []


def broken(path: str, value):
    params = copy.deepcopy(PARAMS)
    *parents, last = path.split("/")
    node = params
    for key in parents:
        node = node[key]
    node[last] = value
    return list(problems(params))


@pytest.mark.parametrize(
    "path, value, said",
    [
        ("heunn", {}, "heunn: unknown section; did you mean 'heun'?"),
        ("unet/lrr", 1, "unet.lrr: unknown key; did you mean 'lr'?"),
        ("unet/lr", "fast", "unet.lr: expected float, found 'fast'"),
        ("unet/steps", 1.5, "unet.steps: expected int, found 1.5"),
        ("unet/attention", 1, "unet.attention: expected bool, found 1"),
        ("unet/small", [32, "a"], "unet.small: expected list[int], found [32, 'a']"),
        ("ddpm/predict", "epsilon", "ddpm.predict: expected Literal['eps', 'x0', 'v'], found 'epsilon'"),
        ("runs/bimodal-ddim/model", "bimodal-dpm", "no models named 'bimodal-dpm'; did you mean 'bimodal-ddpm'?"),
        ("runs/bimodal-ddim/sampler", "ddmi", "no samplers named 'ddmi'; did you mean 'ddim'?"),
        ("runs/bimodal-ddim/data", "bimodel", "no data named 'bimodel'; did you mean 'bimodal'?"),
        ("runs/bimodal-ddim/samples", 3, "runs.bimodal-ddim.samples: unknown key; did you mean 'sampler'?"),
        ("runs/bimodal-ddim/ddim", {"step": 3}, "runs.bimodal-ddim.ddim.step: unknown key; did you mean 'steps'?"),
        ("models/digits-ddpm/schedule", "cosin", "no schedule named 'cosin'; did you mean 'cosine'?"),
        ("data/digits/source", "minst", "no data named 'minst'; did you mean 'mnist'?"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_one_line_with_key_and_nearest_name(path, value, said):
    (line,) = broken(path, value)
    assert said in line and "\n" not in line


def test_a_missing_key_is_told():
    params = copy.deepcopy(PARAMS)
    del params["unet"]["lr"], params["runs"]["bimodal-ddim"]["model"]
    assert [line.split(";")[0] for line in problems(params)] == [
        "unet.lr: missing",
        "runs.bimodal-ddim.model: missing",
    ]


def test_tiny_budgets_are_valid_parameters():
    params = copy.deepcopy(PARAMS)
    cut(params)
    assert list(problems(params)) == []
