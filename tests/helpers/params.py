"""The parameters of this project, and what validation says of changed ones."""

import copy
from typing import Any

from ruamel.yaml import YAML

from scorefield.pipeline.validation import problems
from tests.helpers.project import ROOT

PARAMS = YAML(typ="safe").load(ROOT / "params.yaml")


def changed(path: str, value: Any) -> dict[str, Any]:
    """The parameters with one value changed: of `runs/bimodal-ddim/n`, say."""
    params = copy.deepcopy(PARAMS)
    *parents, last = path.split("/")
    node = params
    for key in parents:
        node = node.setdefault(key, {})
    node[last] = value
    return params


def broken(path: str, value: Any) -> list[str]:
    """What is wrong with the parameters once one value is changed."""
    return list(problems(changed(path, value)))
