"""The store of MLflow: where it is, how it is opened, and what its errors become.

Tracking never stops science: whatever fails here is one line, and the work goes on.
"""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scorefield.core.errors import InputError
from scorefield.pipeline import database
from scorefield.pipeline.database import Patience
from scorefield.pipeline.stage_key import root

EXPERIMENT = "scorefield"


class NotTracked(InputError):
    """MLflow cannot be had, told in one line."""


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
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
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
                client.create_experiment(EXPERIMENT, artifact_place(), kind)

        ours = root() / "mlflow.db"
        lock = Path(f"{file or ours}.lock")
        with database.held(lock, patience):  # workers of a queue begin at the same time
            if file:
                database.have(file, add_experiment, patience, ours=file == ours)
            add_experiment(address())
        mlflow.set_tracking_uri(address())
        mlflow.set_experiment(EXPERIMENT)
        return mlflow


def artifact_place() -> str | None:
    """The URI of the folder of artifacts; None where a server keeps them."""
    return None if address().startswith("http") else f"file://{root()}/mlartifacts"


def wait_for_writers(patience: Patience) -> None:
    """Until nobody writes into the database: MLflow itself would wait for a minute. Raises
    sqlite3.Error where that takes too long."""
    if file := database_file():
        with database.writable(file, patience):
            pass
