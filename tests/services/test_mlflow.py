"""MLflow is told what happens, and nothing that fails there stops or changes the work."""

import resource
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from scorefield.pipeline import database
from scorefield.pipeline.mlflow_live import live
from scorefield.pipeline.mlflow_mirror import mirror
from scorefield.pipeline.mlflow_store import RunStore
from scorefield.pipeline.tracking import NotTracked
from tests.helpers.project import ENV, ROOT, copied, narrow, run
from tests.helpers.servers import HOST, free_port
from tests.helpers.tracked import RUN, curve, history, lines, logged, row, runs, training

pytestmark = pytest.mark.filterwarnings("ignore")


def test_mirroring_twice_logs_once_and_a_live_run_is_not_logged_again(store, place):
    (place / "p.png").write_bytes(b"picture")
    given = replace(RUN, artifacts={"plots/p.png": place / "p.png"})
    log = lambda key: mirror([replace(given, key=key)])
    assert [log("k1"), log("k1"), log("k2")] == [1, 0, 1]
    curve([1, 2])
    assert mirror([training([1, 2])]) == 0
    assert {key: run.info.status for key, run in runs().items()} == dict.fromkeys(
        ("k1", "k2", "k3"), "FINISHED"
    )
    assert history("k3", "epoch/loss") == [(1, 1.0), (2, 0.5)]
    run = runs()["k1"]
    assert run.data.params == {"x.y": "1"} and run.data.metrics == {"eval/fid": 2.0}


def test_a_resumed_training_goes_on_in_its_run_and_repeats_no_step(store):
    """A checkpoint may be older than the last row that MLflow was told of."""
    with pytest.raises(KeyboardInterrupt), live(training(), steps=4) as run:
        for step in (1, 2):
            run.log(row(step))
        raise KeyboardInterrupt
    assert runs()["k3"].info.status == "FAILED"
    curve([2, 3])
    assert runs()["k3"].info.status == "FINISHED"
    for name in ("train/loss", "epoch/validation_loss"):
        assert [step for step, _ in history("k3", name)] == [1, 2, 3]


def test_the_losses_of_single_steps_stand_at_their_steps(store):
    with live(training(), steps=5) as run:
        run.log(row(3), [{"loss": value} for value in (9.0, 8.0, 7.0)])
        run.log(row(5), [{"loss": value} for value in (6.0, 5.0)])
    assert history("k3", "train/loss") == [(1, 9.0), (2, 8.0), (3, 7.0), (4, 6.0), (5, 5.0)]
    assert [step for step, _ in history("k3", "epoch/loss")] == [3, 5]


def test_a_run_that_was_cut_short_is_replaced(store):
    left = live(training(), steps=3)
    left.__enter__().log(row(1))  # and killed
    assert mirror([training([1, 2])]) == 1
    assert history("k3", "epoch/loss") == [(1, 1.0), (2, 0.5)]


def test_a_mirror_that_is_cut_off_is_completed_by_the_next(store, place, monkeypatch):
    (place / "p.png").write_bytes(b"picture")
    whole = training([1, 2], {"plots/p.png": place / "p.png"})
    whole.series.append((0, {"eval/fid": 2.0}))
    both = [whole, replace(whole, key="k4")]
    curve([1, 2])
    for _ in both:
        with monkeypatch.context() as patch, pytest.raises(NotTracked):
            patch.setattr(RunStore, "log_artifacts", lambda *_: 1 / 0)
            mirror(both)
        mirror(both[:1])
    assert mirror(both) == 1 and mirror(both) == 0
    assert set(runs()) == {"k3", "k4"}
    for key, found in runs().items():
        assert history(key, "eval/fid") == [(0, 2.0)] and len(history(key, "train/loss")) == 2
        assert Path(found.info.artifact_uri.removeprefix("file://"), "plots/p.png").exists()


@pytest.mark.parametrize("when", ["from the start", "in mid-run"])
def test_a_locked_database_is_waited_for_briefly_in_all_and_training_goes_on(
    when, store, capfd, monkeypatch
):
    assert database.PATIENCE <= 10
    monkeypatch.setattr(database, "PATIENCE", 1.0)
    writer = sqlite3.connect(store, isolation_level=None)
    lock, begun = lambda: writer.execute("BEGIN EXCLUSIVE"), time.monotonic()
    if when == "from the start":
        lock()
    with live(training(), steps=3) as watched:
        watched.log(row(1))
        if when == "in mid-run":
            lock()
        watched.log(row(2))
        watched.log(row(3))
    assert time.monotonic() - begun < 15  # MLflow alone: 20 s and more
    (line,) = lines(capfd)
    assert line.startswith("no live curves: ") and "database is locked" in line
    with pytest.raises(NotTracked, match="database is locked"):
        mirror([RUN])
    writer.close()
    assert mirror([training([1, 2, 4])]) == 1
    assert logged() == {"k3": 0.25}


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
    monkeypatch.setattr(database, "PATIENCE", 0.2)
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
    def fails(*_, **__):
        raise ZeroDivisionError

    with live(training(), steps=2) as watched:
        watched.log(row(1))
        monkeypatch.setattr(watched.store.client, "log_batch", fails)
        watched.log(row(2))
        watched.picture(store)
    (line,) = lines(capfd)
    assert line.startswith("no live curves: ") and "ZeroDivisionError" in line


def test_training_that_fails_says_its_own_error_where_tracking_fails_too(store, capfd):
    with pytest.raises(KeyboardInterrupt), live(training(), steps=3) as watched:
        store.unlink()
        watched.log(row(1))
        raise KeyboardInterrupt
    assert len(lines(capfd)) == 1


def test_the_mirror_ends_well_with_one_line_where_no_server_answers(tmp_path):
    spec = {"data": "d", "guidance": "plain", "sampler": "heun", "n": 4}
    tables = {"models": {}, "runs": {"a": spec}}
    stage = {"schema": "2.0", "stages": {"evaluate@a": {"cmd": "true"}}}
    for name, content in {"params.yaml": tables, "dvc.lock": stage}.items():
        YAML().dump(content, tmp_path / name)
    (tmp_path / "metrics/runs").mkdir(parents=True)
    (tmp_path / "metrics/runs/a.json").write_text('{"fid": 2.0}')
    uri = f"http://{HOST}:{free_port()}"
    env = ENV | {"PYTHONPATH": f"{ROOT}/src", "DVC_ROOT": str(tmp_path), "MLFLOW_TRACKING_URI": uri}
    command = [sys.executable, ROOT / "stages/mlflow_runs.py"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (line,) = (done.stdout + done.stderr).splitlines()
    assert line.startswith(f"not mirrored: MLflow at {uri}: ")


def test_every_way_to_run_logs_into_one_mlflow_and_exp_show_compares(tmp_path):
    """Two of the queued ones need the same training at the same time."""
    project, goal = copied(tmp_path), "sample@bimodal-heun"
    models = ["bimodal-ddpm", "bimodal-exact"]
    kept = {"data": ["bimodal"], "models": models, "runs": ["bimodal-heun"]}
    narrow(project, kept, ("validate", "fingerprint", "prepare", "train", "sample"))
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
    rates = store.execute("select value from params where key = 'mlp.lr'").fetchall()
    names = store.execute("select value from tags where key = 'dvc.exp'").fetchall()
    store.close()
    assert sorted(rates) == sorted([("0.001",), ("0.004",), (usual,)])
    assert len(set(names)) == 2  # the plain `dvc repro` is no experiment
