"""The profiles, larger budgets for other machines, are parameters that validation accepts."""

import pytest
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML
from scripts.zoo import parts_of

from scorefield.pipeline.validation import problems
from tests.helpers.params import PARAMS
from tests.helpers.project import ROOT

BUDGETS = sorted(ROOT.glob("profiles/*.txt"))


def parts(name: str) -> list[list[str]]:
    """What a profile sets: that of a shipped model at each part of its training."""
    if name.startswith("zoo-"):
        words = parts_of(name.removeprefix("zoo-"), None)
        return [[word for word in part if word != "-S"] for part in words]
    lines = (ROOT / f"profiles/{name}.txt").read_text().splitlines()
    return [[line.removeprefix("-S ") for line in lines]]


@pytest.mark.parametrize("name", [path.stem for path in BUDGETS])
def test_validation_accepts_every_profile(name, tmp_path, monkeypatch):
    shipped = name.removeprefix("zoo-")
    if shipped != name and shipped not in PARAMS["models"]:
        pytest.skip(f"models.{shipped} comes with its weights")
    monkeypatch.chdir(ROOT)
    for given in parts(name):
        changed = tmp_path / "params.yaml"
        changed.write_text((ROOT / "params.yaml").read_text())
        apply_overrides(str(changed), given)
        assert list(problems(YAML(typ="safe").load(changed))) == []
