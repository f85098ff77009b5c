import os
import shutil

import pytest
import torch

from tests.project import commit, lab, run
from tests.tracked import new_database, repository

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def double():
    """Float64 by default, for claims that hold to rounding."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The shortest pipeline, run and committed; tests that change it take a copy."""
    project = lab(tmp_path_factory.mktemp("lab") / "project")
    run(project, "dvc", "repro")
    commit(project)
    return project


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder that is taken for the repository, without a database of MLflow's."""
    return repository(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A whole database, to be copied."""
    return new_database(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def store(place, whole):
    """A database in its place."""
    return shutil.copy(whole, place / "mlflow.db")
