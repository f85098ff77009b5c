"""The files around the code agree with it: pins, hooks, the forge's workflow, the citation."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

from tests.helpers.project import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def read(name: str) -> dict:
    return YAML(typ="safe").load(ROOT / name)


def every_command() -> list[str]:
    """The lines that the forge's workflow runs."""
    jobs = read(".github/workflows/ci.yml")["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


def test_every_dependency_is_pinned():
    lines = (ROOT / "constraints.txt").read_text().split()
    pinned = {canonicalize_name(line.split("==")[0]) for line in lines}
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    needed = {canonicalize_name(Requirement(line).name) for group in groups for line in group}
    assert needed - pinned == {"scorefield"}


def test_no_hook_is_fetched():
    for repository in read(".pre-commit-config.yaml")["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            assert hook["language"] == "system"
            assert hook["entry"].startswith(".venv/bin/")


def test_the_forge_runs_targets_of_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    called = {command.split()[1] for command in every_command() if command.startswith("make ")}
    assert called == {"install", "lint", "coverage", "smoke", "chaos"}
    assert called <= targets


@pytest.mark.parametrize("key", ["version", "license"])
def test_the_citation_is_of_this_package(key):
    assert read("CITATION.cff")[key] == PROJECT[key]
