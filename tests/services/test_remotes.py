"""One person's results reach another's machine, whole, over every kind of remote."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.helpers import servers
from tests.helpers.project import commit, nothing_runs, run

METRICS = "metrics/runs/bimodal-oracle.json"
PULL = ("dvc", "pull", "-r")


@pytest.fixture
def project(small, tmp_path):
    return shutil.copytree(small, tmp_path / "project")


def add(project: Path, name: str, settings: dict[str, str]) -> None:
    """A remote for everybody, in git."""
    run(project, "dvc", "remote", "add", "-f", name, settings["url"])
    for key in settings.keys() - {"url"}:
        run(project, "dvc", "remote", "modify", name, key, settings[key])
    commit(project)


def tell(project: Path, name: str, secrets: dict[str, str]) -> None:
    """What only this clone knows, outside git."""
    for key, value in secrets.items():
        run(project, "dvc", "remote", "modify", "--local", name, key, value)


def cloned(project: Path, place: Path) -> Path:
    subprocess.run(["git", "clone", "-q", str(project), str(place)], check=True)
    return place


@pytest.mark.parametrize("kind", ["directory", "s3", "ssh", "webdav"])
def test_a_fresh_clone_pulls_and_recomputes_nothing(kind, project, tmp_path):
    with getattr(servers, kind)(tmp_path / "server") as (settings, secrets):
        add(project, kind, settings)
        tell(project, kind, secrets)
        run(project, "dvc", "push", "-r", kind)
        clone = cloned(project, tmp_path / "clone")
        shown = run(clone, "git", "log", "-p", "--", ".dvc")
        assert settings["url"] in shown
        assert not any(secret in shown for secret in secrets.values())
        tell(clone, kind, secrets)
        run(clone, *PULL, kind)
        assert nothing_runs(clone)
        file = "samples/bimodal-oracle.safetensors"
        assert (clone / file).read_bytes() == (project / file).read_bytes()


def test_an_experiment_travels_with_its_data(project, tmp_path):
    with servers.directory(tmp_path / "server") as (settings, _):
        add(project, "travel", settings)
        origin = tmp_path / "origin"
        subprocess.run(["git", "clone", "-q", "--bare", str(project), str(origin)], check=True)
        run(project, "dvc", "exp", "run", "-n", "wider", "-S", "heun.steps=5")
        run(project, "dvc", "exp", "push", str(origin), "wider", "-r", "travel")
        clone = cloned(origin, tmp_path / "clone")
        before = (clone / METRICS).read_text()
        run(clone, "dvc", "exp", "pull", str(origin), "wider", "-r", "travel")
        run(clone, "dvc", "exp", "apply", "wider")
        assert "steps: 5" in (clone / "params.yaml").read_text()
        assert (clone / METRICS).read_text() != before
        assert nothing_runs(clone)


@pytest.mark.parametrize("fault", ["wrong password", "no server"])
def test_a_remote_that_refuses_is_told_and_nothing_is_lost(fault, project, tmp_path):
    name, push = fault.replace(" ", "-"), ("dvc", "push", "-r")
    with servers.webdav(tmp_path / "server") as (settings, secrets):
        add(project, name, settings)
        tell(project, name, {"password": "wrong"})
        said = run(project, *push, name, check=False)
        if fault == "wrong password":
            assert "ERROR" in said and "401" in said and "Traceback" not in said, said
            tell(project, name, secrets)
            run(project, *push, name)
            clone = cloned(project, tmp_path / "clone")
            tell(clone, name, secrets)
            run(clone, *PULL, name)
            assert nothing_runs(clone)
    if fault == "no server":
        said = run(project, *push, name, check=False)
        assert "ERROR" in said and "onnect" in said and "Traceback" not in said, said
    assert nothing_runs(project)
