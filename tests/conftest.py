import os

import pytest
import torch

from tests.project import GOAL, commit, copied, edit, enlarge, run

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
    """A project whose shortest chain has run, in git; and an experiment that draws other samples.
    Tests that change it take a copy."""
    project = copied(tmp_path_factory.mktemp("lab") / "project")
    edit(project, enlarge)
    commit(project)
    run(project, "dvc", "repro", GOAL)
    commit(project)
    run(project, "dvc", "exp", "run", "-n", "wider", "-S", "heun.steps=5", GOAL)
    run(project, "git", "checkout", "-q", ".")
    run(project, "dvc", "checkout", "--with-deps", GOAL)
    return project
