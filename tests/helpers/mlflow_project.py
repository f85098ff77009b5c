"""A small project whose results MLflow holds: points and images, trained, sampled and studied."""

import os
import sys
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from tests.helpers.project import copied, narrow, run

KEPT = {
    "data": ["bimodal", "digits"],
    "models": ["bimodal-exact", "bimodal-ddpm", "digits-ddpm"],
    "runs": ["bimodal-ddim", "bimodal-heun"],
    "few_steps": ["bimodal"],
}
STAGES = ("validate", "fingerprint", "prepare", "train", "training_report", "sample", "evaluate")
STUDY = ("few_steps", "few_steps_report")


def trained(params: dict) -> None:
    params["few_steps"]["bimodal"] |= {"model": "bimodal-ddpm", "baseline": "bimodal-exact"}


def mlflow_project(place: Path) -> Path:
    """The project with its results, live runs in its MLflow and nothing committed since."""
    project = copied(place)
    for old in ("metrics", "plots"):
        run(project, "rm", "-rf", old)
    narrow(project, KEPT, STAGES + STUDY, trained)
    run(project, "dvc", "repro")
    return project


def mirror(project: Path) -> str:
    """What the stage `mlflow` says."""
    return run(project, sys.executable, "stages/mlflow_runs.py")


def client(project: Path) -> MlflowClient:
    """The project's MLflow."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    return MlflowClient(f"sqlite:///{project}/mlflow.db")


def found(project: Path, query: str = "") -> dict[str, Any]:
    """The runs that a search finds, by their names."""
    mlflow = client(project)
    experiment = mlflow.get_experiment_by_name("scorefield").experiment_id
    return {run.info.run_name: run for run in mlflow.search_runs([experiment], query)}


def artifacts(project: Path, run: Any) -> set[str]:
    """The paths of all artifacts of a run."""
    place = Path(run.info.artifact_uri.removeprefix("file://"))
    return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
