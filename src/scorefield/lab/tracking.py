"""MLflow: live curves while a model trains, and a mirror of all results afterwards.

Tracking never stops science: whatever fails here is one line, and the work goes on.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from scorefield.core import ranks
from scorefield.core.errors import InputError
from scorefield.lab import database
from scorefield.lab.database import Patience
from scorefield.lab.identity import digest, locked, root

EXPERIMENT = "scorefield"
Log = Callable[[int, dict[str, float]], None]  # of a step and its figures


class NotTracked(InputError):
    """MLflow cannot be had, told in one line."""


@dataclass(frozen=True)
class Finished:
    """A finished stage: the key of its work, its parameters, its figures as (step, {name: number or
    word}), and its pictures."""

    stage: str
    key: str
    given: dict[str, Any]
    rows: list[tuple[int, dict[str, Any]]]
    pictures: list[Path]


def address() -> str:
    """The URI of the store: MLFLOW_TRACKING_URI, or mlflow.db in the repository."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{root()}/mlflow.db"


def database_file() -> Path | None:
    """The file of the store where that is an SQLite database."""
    name = address().removeprefix("sqlite:///").partition("?")[0]
    is_file = address().startswith("sqlite:///") and name not in ("", ":memory:")
    return Path(name).absolute() if is_file else None


@contextmanager
def tracked() -> Iterator[None]:
    """A block that MLflow has a part in. Raises NotTracked for whatever fails there."""
    try:
        yield
    except NotTracked:
        raise
    # Errors of MLflow, SQLAlchemy, alembic, sqlite3, requests, a store's own driver, the disk or a
    # lock: no list of them is complete, and none may stop the work that is only watched here.
    except Exception as error:
        why = without_password(f"MLflow at {address()}: {one_line(error)}")
        raise NotTracked(why) from None


def one_line(error: Exception) -> str:
    """What an error says, in its first line; its class where it says nothing."""
    said = str(error).strip() or type(error).__name__
    return said.splitlines()[0][:200]


def without_password(text: str) -> str:
    return re.sub(r"://[^/@\s]*@", "://", text)


def quiet_mlflow() -> Any:
    """The MLflow module, which asks nobody, waits briefly and leaves its errors to the caller."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "5")
    import mlflow

    for name in ("mlflow", "alembic", "urllib3"):  # they print whole traces of what they raise
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return mlflow


def connect(patience: Patience | None = None) -> Any:
    """The MLflow module, pointed at the store, which is made where there is none. Raises NotTracked
    where it does not answer."""
    patience = patience or Patience()
    with tracked():
        mlflow, file = quiet_mlflow(), database_file()

        def add_experiment(uri: str) -> None:
            client = mlflow.MlflowClient(uri)
            if client.get_experiment_by_name(EXPERIMENT) is None:
                kind = {"mlflow.experimentKind": "custom_model_development"}  # UI: training
                client.create_experiment(EXPERIMENT, f"file://{root()}/mlartifacts", kind)

        ours = root() / "mlflow.db"
        lock = Path(f"{file or ours}.lock")
        with database.held(lock, patience):  # workers of a queue begin at the same time
            if file:
                database.have(file, add_experiment, patience, ours=file == ours)
            add_experiment(address())
        mlflow.set_tracking_uri(address())
        mlflow.set_experiment(EXPERIMENT)
        return mlflow


def wait_for_writers(patience: Patience) -> None:
    """Until nobody writes into the database: MLflow itself would wait for a minute. Raises
    sqlite3.Error where that takes too long."""
    if file := database_file():
        with database.writable(file, patience):
            pass


def known(mlflow: Any, key: str) -> Any:
    """The run that bears a key, if there is one."""
    found = mlflow.search_runs(filter_string=f"tags.`dvc.key` = '{key}'", output_format="list")
    return found[0].info if found else None


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys joined by dots."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        inner = flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        found |= inner
    return found


def opened(name: str, key: str, given: dict[str, Any], patience: Patience) -> tuple[Any, str]:
    """MLflow and the id of the run that bears the key, new or gone on with."""
    mlflow = connect(patience)
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
def live(name: str, key: str, given: dict[str, Any], steps: int) -> Iterator[Log]:
    """A run that takes (step, figures) while a stage computes; a resumed stage goes on in it.

    None but on rank 0, and where there are no steps to watch. The stage goes on where MLflow does
    not answer, with a line: the mirror adds afterwards what is missing.
    """
    if ranks.rank() > 0 or not steps:
        yield lambda step, row: None
        return
    patience, answers = Patience(), True

    def attempt(call: Callable[[], Any]) -> Any:
        nonlocal answers
        try:
            with tracked():
                return call() if answers else None
        except NotTracked as error:
            answers = False
            tqdm.write(f"no live curves: {error}; `python stages/track.py` adds them at the end")

    found: Any = attempt(lambda: opened(name, key, given, patience)) or (None, "")
    mlflow, run = found

    def log(step: int, row: dict[str, float]) -> None:
        wait_for_writers(patience)
        mlflow.log_metrics(row, step=int(step), run_id=run)

    def end(how: str) -> None:
        wait_for_writers(patience)
        mlflow.MlflowClient().set_terminated(run, how)

    try:
        yield lambda step, row: attempt(lambda: log(step, row))
    except BaseException:
        attempt(lambda: end("FAILED"))
        raise
    attempt(lambda: end("FINISHED"))


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


def mirror(stages: list[Finished]) -> int:
    """Log each finished stage unless MLflow has all of its key, and say how many were missing. A
    run that was cut short is replaced. Of several processes one mirrors a stage at a time. Raises
    NotTracked where MLflow does not answer."""
    patience, new = Patience(), 0
    mlflow = connect(patience)
    with tracked():
        for stage in stages:
            with database.held(root() / "mlflow.db.mirror", patience):
                wait_for_writers(patience)
                new += mirrored(mlflow, stage)
    return new


def mirrored(mlflow: Any, stage: Finished) -> bool:
    """Whether a stage was not there, or not whole, and has been logged now."""
    found = known(mlflow, stage.key)
    if found and found.status == "FINISHED":
        return False
    if found:
        mlflow.delete_run(found.run_id)
    tags = {"dvc.key": stage.key, "dvc.stage": stage.stage}
    with mlflow.start_run(run_name=stage.stage, tags=tags):
        mlflow.log_params(flat(stage.given))
        for step, row in stage.rows:
            words = {k: value for k, value in row.items() if isinstance(value, str)}
            mlflow.set_tags(words)
            mlflow.log_metrics({k: row[k] for k in row if k not in words}, step=step)
        for picture in stage.pictures:
            mlflow.log_artifact(str(picture))
    return True
