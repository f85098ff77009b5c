"""MLflow: live curves while a model trains, and a mirror of all results afterwards."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from tqdm import tqdm

from scorefield.core import ranks
from scorefield.core.errors import InputError
from scorefield.lab.identity import digest, locked, root

EXPERIMENT = "scorefield"


def connect() -> Any:
    """The MLflow module, pointed at MLFLOW_TRACKING_URI or at mlflow.db in the repository. Raises
    InputError where that does not answer."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    import logging

    for name in ("alembic", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)
    import mlflow

    uri = os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{root()}/mlflow.db")
    mlflow.set_tracking_uri(uri)
    try:
        with FileLock(root() / "mlflow.db.lock"):  # workers of a queue begin at the same time
            if mlflow.get_experiment_by_name(EXPERIMENT) is None:
                kind = {"mlflow.experimentKind": "custom_model_development"}  # UI: training
                mlflow.create_experiment(EXPERIMENT, f"file://{root()}/mlartifacts", kind)
        mlflow.set_experiment(EXPERIMENT)
    except mlflow.MlflowException as error:
        raise InputError(f"MLflow at {uri}: {one_line(error)}") from None
    return mlflow


def known(mlflow: Any, key: str) -> Any:
    """The run that bears a key, if there is one."""
    found = mlflow.search_runs(filter_string=f"tags.`dvc.key` = '{key}'", output_format="list")
    return found[0].info if found else None


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys joined by dots."""
    found = {}
    for key, value in tree.items():
        inner = flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        found |= inner
    return found


def opened(name: str, key: str, given: dict[str, Any]) -> tuple[Any, str]:
    """MLflow and the id of the run that bears the key, new or gone on with."""
    mlflow = connect()
    from mlflow.tracking.context.registry import resolve_tags

    client, found = mlflow.MlflowClient(), known(mlflow, key)
    if found:
        client.update_run(found.run_id, status="RUNNING")
        return mlflow, found.run_id
    tags = {"dvc.key": key, "dvc.stage": name, "dvc.exp": os.environ.get("DVC_EXP_NAME", "")}
    experiment = mlflow.get_experiment_by_name(EXPERIMENT).experiment_id
    run = client.create_run(experiment, tags=resolve_tags(tags), run_name=name).info.run_id
    mlflow.log_params(flat(given), run_id=run)
    return mlflow, run


@contextmanager
def live(name: str, key: str, given: dict[str, Any], steps: int) -> Iterator[Callable]:
    """A run that takes (step, metrics) while a stage computes; a resumed stage goes on in it.

    None but on rank 0, and where there are no steps to watch. The stage goes on where MLflow does
    not answer, with a line: the mirror adds afterwards what is missing.
    """
    if ranks.rank() > 0 or not steps:
        yield lambda step, row: None
        return
    from mlflow.exceptions import MlflowException

    answers = True

    def attempt(call: Callable) -> Any:
        nonlocal answers
        try:
            return call() if answers else None
        except (InputError, MlflowException) as error:
            answers = False
            tqdm.write(f"no live curves: {one_line(error)}; `dvc repro` mirrors them at its end")

    mlflow, run = attempt(lambda: opened(name, key, given)) or (None, None)
    end = lambda how: attempt(lambda: mlflow.MlflowClient().set_terminated(run, how))
    try:
        yield lambda step, row: attempt(lambda: mlflow.log_metrics(row, step=int(step), run_id=run))
    except BaseException:
        end("FAILED")
        raise
    end("FINISHED")


def one_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]


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
    """Log one finished stage unless MLflow has all of its key; 1 where it had not, else 0. A run
    that was cut short is replaced. Of several processes one mirrors at a time."""
    mlflow = connect()
    with FileLock(root() / "mlflow.db.mirror"):
        found = known(mlflow, key)
        if found and found.status == "FINISHED":
            return 0
        if found:
            mlflow.delete_run(found.run_id)
        logged(mlflow, stage, key, given, rows, pictures)
    return 1


def logged(mlflow: Any, stage: str, key: str, given: dict, rows: list, pictures: list) -> None:
    """A whole run at once."""
    with mlflow.start_run(run_name=stage, tags={"dvc.key": key, "dvc.stage": stage}):
        mlflow.log_params(flat(given))
        for step, row in rows:
            words = {k: value for k, value in row.items() if isinstance(value, str)}
            mlflow.set_tags(words)
            mlflow.log_metrics({k: row[k] for k in row if k not in words}, step=step)
        for picture in pictures:
            mlflow.log_artifact(str(picture))
