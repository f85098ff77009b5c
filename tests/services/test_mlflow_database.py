"""MLflow's database is whole or not there, and a broken one is set aside."""

import os
import random
import shutil
import signal
import sqlite3
from contextlib import closing
from itertools import count

import pytest

from scorefield.pipeline import database
from scorefield.pipeline.database import Patience
from scorefield.pipeline.mlflow_mirror import mirror
from scorefield.pipeline.tracking import connect
from tests.helpers.tracked import RUN, curve, lines, logged

pytestmark = pytest.mark.filterwarnings("ignore")


def killed(at_statement: int | None) -> int:
    """How a process ends that makes the database and is killed before a statement to it, or, with
    none, where the database is whole and not yet in its place."""
    from sqlalchemy import Engine, event

    statements, die = count(), lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        if at_statement is None:
            os.fsync = die
        else:
            counted = lambda *_: next(statements) == at_statement and die()
            event.listen(Engine, "before_cursor_execute", counted)
        connect()
    finally:
        os._exit(0)


def test_a_kill_while_the_database_is_made_leaves_none_and_the_next_start_makes_it(place):
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401  once, and not in each child

    rng = random.Random(0)
    for moment in (rng.randrange(20), rng.randrange(100, 500), None):
        assert killed(moment) == -signal.SIGKILL
        assert not (place / "mlflow.db").exists()
    assert mirror([RUN]) == 1
    left = {path.name for path in place.glob("mlflow.db*")}
    assert left == {"mlflow.db", "mlflow.db.lock", "mlflow.db.mirror"}


def corrupt(path):
    path.write_bytes(random.Random(0).randbytes(5000))


def rotten(path):
    """Sound at its head, where SQLite looks first."""
    path.write_bytes(path.read_bytes()[:8192] + b"\xff" * (path.stat().st_size - 8192))


def directory(path):
    path.unlink()
    path.mkdir()
    (path / "kept").write_text("")


def dangling(path):
    path.unlink()
    path.symlink_to("nowhere")


def by_half(path):
    """As a `kill -9` used to leave it."""
    path.unlink()
    execute(path, "CREATE TABLE assessments (id INTEGER)")


def empty(path):
    path.write_bytes(b"")


def older(path):
    execute(path, "UPDATE alembic_version SET version_num = '451aebb31d03'")


def lacking(path):
    execute(path, "DROP TABLE metrics")


def execute(path, statement):
    with closing(sqlite3.connect(path)) as opened:
        opened.execute(statement)
        opened.commit()


@pytest.mark.parametrize(
    "breaking", [corrupt, rotten, directory, dangling, by_half, empty, older, lacking]
)
def test_a_broken_database_is_set_aside_with_a_line_and_rebuilt(
    breaking, store, place, whole, capfd, monkeypatch
):
    monkeypatch.setattr(database, "make", lambda path, fill: shutil.copy(whole, path))
    breaking(store)
    (place / "mlflow.db.broken-1").write_text("of an earlier time")
    before = None if breaking in (directory, dangling) else store.read_bytes()
    curve()
    (line,) = lines(capfd)
    assert line.startswith("mlflow.db is broken (") and "set aside as mlflow.db.broken-2" in line
    aside = place / "mlflow.db.broken-2"
    assert os.path.lexists(aside) and (before is None or aside.read_bytes() == before)
    assert (place / "mlflow.db.broken-1").read_text() == "of an earlier time"
    assert mirror([RUN]) == 1
    assert logged("eval/fid") == {"k1": 2.0} and logged("epoch/loss") == {"k3": 0.5}
    assert lines(capfd) == []


@pytest.mark.parametrize("instead", ["nothing", "directory"])
def test_a_journal_left_behind_is_not_rolled_back_into_a_new_database(instead, place):
    path, other = place / "mlflow.db", place / "other.db"
    execute(other, "CREATE TABLE numbers AS SELECT 1 AS x")
    with closing(sqlite3.connect(other, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")  # pages and their journal go to the disk at once
        writer.execute("BEGIN")
        series = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 5000)"
        writer.execute(f"{series} INSERT INTO numbers SELECT x FROM n")
        journal = (place / "other.db-journal").read_bytes()
    assert journal.startswith(bytes.fromhex("d9d505f920a163d7"))  # as SQLite marks a hot one
    (place / "mlflow.db-journal").write_bytes(journal)
    if instead == "directory":
        path.mkdir()
    database.have(path, lambda uri: None, Patience(), ours=True)
    assert database.fault(path, Patience()) == ""
    if instead == "directory":
        assert (place / "mlflow.db.broken-1-journal").read_bytes() == journal


def test_a_broken_database_that_is_not_ours_is_left_as_it_is(place, capfd, monkeypatch):
    other = place / "shared.db"
    other.write_bytes(b"of somebody else, and no database at all")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{other}")
    curve()
    (line,) = lines(capfd)
    assert line.startswith("no live curves: ") and f"{other} is broken" in line
    assert other.read_bytes() == b"of somebody else, and no database at all"
