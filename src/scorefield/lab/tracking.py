"""MLflow: live curves while a model trains, and a mirror of all results afterwards."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from scorefield.lab.identity import digest, locked, root

EXPERIMENT = "scorefield"


def connect() -> Any:
    """The MLflow module, pointed at MLFLOW_TRACKING_URI or at mlflow.db in the repository."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import logging

    logging.getLogger("alembic").setLevel(logging.WARNING)
    import mlflow

    mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{root()}/mlflow.db"))
    if mlflow.get_experiment_by_name(EXPERIMENT) is None:
        with suppress(mlflow.MlflowException):  # another process was faster
            kind = {"mlflow.experimentKind": "custom_model_development"}  # the UI's training view
            mlflow.create_experiment(EXPERIMENT, f"file://{root()}/mlartifacts", kind)
    mlflow.set_experiment(EXPERIMENT)
    return mlflow


def known(mlflow: Any, key: str) -> str | None:
    """The id of the run that bears a key."""
    found = mlflow.search_runs(filter_string=f"tags.`dvc.key` = '{key}'", output_format="list")
    return found[0].info.run_id if found else None


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys joined by dots."""
    found = {}
    for key, value in tree.items():
        inner = flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        found |= inner
    return found


@contextmanager
def live(name: str, key: str, given: dict[str, Any]) -> Iterator[Callable]:
    """A run that takes (step, metrics) while a stage computes; a resumed stage goes on in it."""
    mlflow = connect()
    tags = {"dvc.key": key, "dvc.stage": name, "dvc.exp": os.environ.get("DVC_EXP_NAME", "")}
    with mlflow.start_run(run_id=known(mlflow, key), run_name=name, tags=tags):
        mlflow.log_params(flat(given))
        yield lambda step, metrics: mlflow.log_metrics(metrics, step=int(step))


def upstream(lock: dict[str, Any], name: str) -> str:
    """A key of a stage together with all that its inputs were made from."""
    makers = {
        out["path"]: stage for stage, spec in lock["stages"].items() for out in spec.get("outs", [])
    }
    seen, todo = {}, [name]
    while todo:
        stage = todo.pop()
        if stage not in seen:
            seen[stage] = locked(lock, stage)
            deps = [dep["path"] for dep in lock["stages"][stage].get("deps", [])]
            todo += [makers[path] for path in deps if path in makers]
    return digest(name, seen)


def mirror(
    stage: str, key: str, given: dict, rows: list[tuple[int, dict]], pictures: list[Path]
) -> int:
    """Log one finished stage unless MLflow has its key; 1 where it was new, else 0."""
    mlflow = connect()
    if known(mlflow, key):
        return 0
    with mlflow.start_run(run_name=stage, tags={"dvc.key": key, "dvc.stage": stage}):
        mlflow.log_params(flat(given))
        for step, row in rows:
            words = {k: value for k, value in row.items() if isinstance(value, str)}
            mlflow.set_tags(words)
            mlflow.log_metrics({k: row[k] for k in row if k not in words}, step=step)
        for picture in pictures:
            mlflow.log_artifact(str(picture))
    return 1
