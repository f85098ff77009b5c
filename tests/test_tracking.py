"""MLflow is told what happens, and nothing that fails there stops or changes the work."""

import resource
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from fcntl import LOCK_EX, flock

import pytest
from ruamel.yaml import YAML

from scorefield.lab import tracking
from scorefield.lab.database import PATIENCE, Patience
from scorefield.lab.tracking import Finished, NotTracked, connect, live, mirror
from tests.project import ENV, ROOT, commit, copied, run
from tests.servers import HOST, free_port
from tests.tracked import RUN, curve, lines, logged

pytestmark = pytest.mark.filterwarnings("ignore")


def test_mirroring_twice_logs_once_and_a_live_run_is_not_logged_again(store, place):
    (place / "p.png").write_bytes(b"picture")
    log = lambda key: mirror([Finished(RUN.stage, key, RUN.given, RUN.rows, [place / "p.png"])])
    assert [log("k1"), log("k1"), log("k2")] == [1, 0, 1]
    for step in (1, 2):  # the second is a resumed stage: it goes on in the same run
        curve([step])
    assert log("k3") == 0
    mlflow = connect()
    runs = mlflow.search_runs(output_format="list")
    assert len(runs) == 3
    (run,) = [r for r in runs if r.data.tags["dvc.key"] == "k3"]
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(1, 1.0), (2, 0.5)]
    (run,) = [r for r in runs if r.data.tags["dvc.key"] == "k1"]
    assert run.data.params == {"x.y": "1"} and run.data.metrics == {"fid": 2.0}


@pytest.mark.parametrize("when", ["from the start", "in mid-run"])
def test_a_locked_database_is_waited_for_briefly_in_all_and_training_goes_on(
    when, store, capfd, monkeypatch
):
    assert PATIENCE <= 10
    monkeypatch.setattr(tracking, "Patience", lambda: Patience(1.0))
    writer = sqlite3.connect(store, isolation_level=None)
    lock, begun = lambda: writer.execute("BEGIN EXCLUSIVE"), time.monotonic()
    if when == "from the start":
        lock()
    with live("train@b", "k3", {"lr": 0.1}, steps=3) as tell:
        tell(1, {"loss": 1.0})
        if when == "in mid-run":
            lock()
        tell(2, {"loss": 0.5})
        tell(3, {"loss": 0.3})
    assert time.monotonic() - begun < 10  # MLflow alone: 20 s and more
    (line,) = lines(capfd)
    assert line.startswith("no live curves: ") and "database is locked" in line
    with pytest.raises(NotTracked, match="database is locked"):
        mirror([RUN])
    writer.close()
    rows = [(1, {"loss": 1.0}), (2, {"loss": 0.5}), (3, {"loss": 0.3})]
    assert mirror([Finished("train@b", "k3", {"lr": 0.1}, rows, [])]) == 1
    assert logged() == {"k3": {"loss": 0.3}}


@contextmanager
def no_mlflow(place, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    yield


@contextmanager
def no_writing(place, monkeypatch):
    (place / "file").write_text("")
    monkeypatch.setenv("DVC_ROOT", str(place / "file" / "below"))
    yield


@contextmanager
def no_space(place, monkeypatch):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def no_lock(place, monkeypatch):
    monkeypatch.setattr(tracking, "Patience", lambda: Patience(0.2))
    with (place / "mlflow.db.lock").open("w") as other:
        flock(other, LOCK_EX)
        yield


@contextmanager
def no_such_store(place, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "carrier-pigeon://lab:secret@loft")
    yield


@pytest.mark.parametrize("lost", [no_mlflow, no_writing, no_space, no_lock, no_such_store])
def test_whatever_fails_in_tracking_is_one_line_and_training_goes_on(
    lost, place, capfd, monkeypatch
):
    with lost(place, monkeypatch):
        curve()
        with pytest.raises(NotTracked, match="MLflow at "):
            mirror([RUN])
    (line,) = lines(capfd)
    assert line.startswith("no live curves: MLflow at ") and "secret" not in line
    assert not [*place.glob("mlflow.db.new-*")] and not (place / "mlflow.db").exists()


def test_an_error_of_any_kind_in_mid_run_is_one_line(store, capfd, monkeypatch):
    import mlflow

    def fails(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(mlflow, "log_metrics", fails)
    curve()
    (line,) = lines(capfd)
    assert line.startswith("no live curves: ") and "ZeroDivisionError" in line


def test_training_that_fails_says_its_own_error_where_tracking_fails_too(store, capfd):
    with pytest.raises(KeyboardInterrupt), live("train@b", "k3", {}, steps=3) as tell:
        store.unlink()
        tell(1, {"loss": 1.0})
        raise KeyboardInterrupt
    assert len(lines(capfd)) == 1


def test_the_mirror_ends_well_with_one_line_where_no_server_answers(tmp_path):
    tables = {"models": {}, "runs": {"a": {"guidance": "plain", "sampler": "heun", "n": 4}}}
    stage = {"stages": {"evaluate@a": {"cmd": "true"}}}
    for name, content in {"params.yaml": tables, "dvc.lock": stage}.items():
        YAML().dump(content, tmp_path / name)
    (tmp_path / "metrics/runs").mkdir(parents=True)
    (tmp_path / "metrics/runs/a.json").write_text('{"fid": 2.0}')
    uri = f"http://{HOST}:{free_port()}"
    env = ENV | {"PYTHONPATH": f"{ROOT}/src", "DVC_ROOT": str(tmp_path), "MLFLOW_TRACKING_URI": uri}
    command = [sys.executable, ROOT / "stages/track.py"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (line,) = (done.stdout + done.stderr).splitlines()
    assert line.startswith(f"not mirrored: MLflow at {uri}: ")


def test_every_way_to_run_logs_into_one_mlflow_and_exp_show_compares(tmp_path):
    """Two of the queued ones need the same training at the same time."""
    project, goal = copied(tmp_path), "sample@bimodal-heun"
    commit(project)
    run(project, "dvc", "repro", goal)
    run(project, "dvc", "exp", "run", "--temp", "-S", "mlp.lr=0.004", goal)
    queued = ("-S", "mlp.lr=0.001", "-S", "heun.steps=3,5")
    run(project, "dvc", "exp", "run", "--queue", *queued, goal)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # workers keep a pipe open
    subprocess.run(["dvc", "queue", "start", "-j", "2"], cwd=project, env=ENV, check=True, **quiet)
    deadline, status = time.monotonic() + 240, "Queued"
    while "Queued" in status or "Running" in status:
        assert time.monotonic() < deadline, status
        time.sleep(1)
        status = run(project, "dvc", "queue", "status")
    run(project, "dvc", "queue", "stop", "--kill")
    assert status.count("Success") == 2, status
    shown = run(
        project, "dvc", "exp", "show", "--csv", "--drop", ".*", "--keep", "mlp.lr|heun.steps"
    )
    rows = set(shown.split())
    assert {"0.001,3", "0.001,5"} < rows and any(row.startswith("0.004,") for row in rows), shown
    store = sqlite3.connect(project / "mlflow.db")
    usual = str(YAML(typ="safe").load(project / "params.yaml")["mlp"]["lr"])
    logged = store.execute("select value from params where key = 'mlp.lr'").fetchall()
    names = store.execute("select value from tags where key = 'dvc.exp'").fetchall()
    store.close()
    assert sorted(logged) == sorted([("0.001",), ("0.004",), (usual,)])
    assert len(set(names)) == 3 and ("",) in names
