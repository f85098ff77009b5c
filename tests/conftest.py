import os

import pytest
import torch

from tests.project import commit, lab, run

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
