"""MLflow's SQLite database: it appears whole or not at all, and a broken one is set aside."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filelock import FileLock

PATIENCE = 10.0  # seconds, over all the locks of others that a process meets
BESIDE = ("-journal", "-wal", "-shm")  # SQLite's own files, which belong to one database only
BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Patience:
    """How many seconds are left to wait for the locks of others."""

    def __init__(self, seconds: float | None = None) -> None:
        self.left = PATIENCE if seconds is None else seconds

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Take what the block lasts from what is left."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.left = max(0.0, self.left - (time.monotonic() - begun))


@contextmanager
def held(path: Path, patience: Patience) -> Iterator[None]:
    """A lock that ends with its process. Raises Timeout where somebody holds it too long."""
    lock = FileLock(path)
    with patience.spent():
        lock.acquire(timeout=patience.left)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def writable(path: Path, patience: Patience) -> Iterator[sqlite3.Connection]:
    """A database that nobody else may write meanwhile. Raises sqlite3.Error where somebody writes
    for too long, and where it is read-only or broken."""
    address = f"{path.absolute().as_uri()}?mode=rw"
    settings: Any = {"timeout": patience.left, "isolation_level": None, "uri": True}
    with closing(sqlite3.connect(address, **settings)) as opened:
        with patience.spent():
            opened.execute("BEGIN IMMEDIATE")
        yield opened


def fault(path: Path, patience: Patience) -> str:
    """Why this MLflow cannot go on with a database; empty where it can. Raises sqlite3.Error where
    that cannot be known, for it is locked or may not be written."""
    if not path.is_file():
        return "not a file"
    try:
        with writable(path, patience) as opened:
            return damage(opened) or foreign_schema(opened)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in BROKEN:  # the rest of the code tells more of the same
            return str(error)
        raise


def damage(opened: sqlite3.Connection) -> str:
    """What SQLite finds wrong with the file; empty where it is sound."""
    (found,) = opened.execute("PRAGMA quick_check(1)").fetchone()
    return "" if found == "ok" else " ".join(found.split())


def foreign_schema(opened: sqlite3.Connection) -> str:
    """What differs from the schema of this MLflow; empty where nothing does."""
    from alembic.script import ScriptDirectory
    from mlflow.store.db import utils

    migrations = Path(utils.__file__).parents[1] / "db_migrations"
    latest = ScriptDirectory(migrations).get_current_head()
    listed = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    missing = {"alembic_version", *utils.Base.metadata.tables} - {name for (name,) in listed}
    if missing:
        return f"no table '{min(missing)}'"
    revisions = [name for (name,) in opened.execute("SELECT version_num FROM alembic_version")]
    return "" if revisions == [latest] else f"schema {revisions}, expected {latest}"


def have(path: Path, fill: Callable[[str], None], patience: Patience, *, ours: bool) -> None:
    """See that a whole database stands at a path, in a lock that the caller holds.

    `fill(uri)` writes into a new one before it comes to its place. One that is broken is set aside
    with a line where it is `ours`, and else left as it is, with a ValueError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left_by_a_kill in path.parent.glob(f"{path.name}.new-*"):
        shutil.rmtree(left_by_a_kill)
    if os.path.lexists(path):
        why = fault(path, patience)
        if not why:
            return
        if not ours:
            raise ValueError(f"{path} is broken ({why})")
        place = set_aside(path)
        print(
            f"{path.name} is broken ({why}): set aside as {place.name}; "
            "`python stages/mlflow_runs.py` fills the new one",
            flush=True,
        )
    make(path, fill)


def set_aside(path: Path) -> Path:
    """Rename a database to the first free `<name>.broken-<n>`, which is returned."""
    n = 1
    while os.path.lexists(place := path.with_name(f"{path.name}.broken-{n}")):
        n += 1
    for side in BESIDE:  # first, or the next database would take a foreign journal for its own
        if os.path.lexists(f"{path}{side}"):
            os.rename(f"{path}{side}", f"{place}{side}")
    return path.rename(place)


def make(path: Path, fill: Callable[[str], None]) -> None:
    """A new database with MLflow's schema and what `fill(uri)` writes, made in a folder beside its
    place and renamed into it when whole."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from sqlalchemy import Engine, event

    with TemporaryDirectory(prefix=f"{path.name}.new-", dir=path.parent) as folder:
        fresh = Path(folder, path.name)
        event.listen(Engine, "connect", write_to_memory)
        try:
            store: Any = SqlAlchemyStore(f"sqlite:///{fresh}", f"file://{path.parent}/mlartifacts")
            fill(f"sqlite:///{fresh}")
        finally:
            event.remove(Engine, "connect", write_to_memory)
        store.engine.dispose()  # MLflow keeps it by its URI, with connections to the file
        with fresh.open("rb") as whole:
            os.fsync(whole.fileno())
        for side in BESIDE:
            Path(f"{path}{side}").unlink(missing_ok=True)
        fresh.replace(path)


def write_to_memory(connection: sqlite3.Connection, _: object) -> None:
    """Have a new connection not wait for the disk at each of hundreds of statements: what a crash
    leaves of an unfinished database is thrown away."""
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = MEMORY")
