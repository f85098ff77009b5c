import os
import shutil

import pytest

from tests.helpers.browser import chromium, playground
from tests.helpers.project import commit, lab, run
from tests.helpers.shared_folder import made_once
from tests.helpers.tracked import new_database, repository

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The shortest pipeline, run and committed; tests that change it take a copy."""

    def make(folder):
        project = lab(folder / "project")
        run(project, "dvc", "repro")
        commit(project)

    return made_once(tmp_path_factory, "lab", make) / "project"


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def script():
    """Runs a body of script with the modules of the playground, in a browser."""
    with playground() as run_script:
        yield run_script


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder that is taken for the repository, without a database of MLflow's."""
    return repository(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A whole database, to be copied."""
    return made_once(tmp_path_factory, "whole", new_database) / "mlflow.db"


@pytest.fixture
def store(place, whole):
    """A database in its place."""
    return shutil.copy(whole, place / "mlflow.db")
