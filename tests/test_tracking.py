import sqlite3
import time

import pytest

from tests.project import commit, copied, run

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")


def test_mirroring_twice_logs_once_and_a_live_run_is_not_logged_again(store, tmp_path):
    from scorefield.lab.tracking import connect, live, mirror

    (tmp_path / "p.png").write_bytes(b"picture")
    log = lambda key: mirror(
        "evaluate@a", key, {"x": {"y": 1}}, [(0, {"fid": 2.0})], [tmp_path / "p.png"]
    )
    assert [log("k1"), log("k1"), log("k2")] == [1, 0, 1]
    for step in (1, 2):  # the second is a resumed stage: it goes on in the same run
        with live("train@b", "k3", {"lr": 0.1}, steps=2) as tell:
            tell(step, {"loss": 1.0 / step})
    assert log("k3") == 0
    mlflow = connect()
    runs = mlflow.search_runs(output_format="list")
    assert len(runs) == 3
    (run,) = [r for r in runs if r.data.tags["dvc.key"] == "k3"]
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(1, 1.0), (2, 0.5)]
    (run,) = [r for r in runs if r.data.tags["dvc.key"] == "k1"]
    assert run.data.params == {"x.y": "1"} and run.data.metrics == {"fid": 2.0}


def test_queued_experiments_log_into_one_mlflow_and_are_compared_by_exp_show(tmp_path):
    project = copied(tmp_path)
    commit(project)
    goal = "train@bimodal-ddpm"
    run(project, "dvc", "repro", "prepare@bimodal")
    run(project, "dvc", "exp", "run", "--queue", "-S", "mlp.lr=0.001,0.004", goal)
    run(project, "dvc", "queue", "start", "-j", "2")
    deadline, status = time.monotonic() + 240, "Queued"
    while "Queued" in status or "Running" in status:
        assert time.monotonic() < deadline, status
        time.sleep(1)
        status = run(project, "dvc", "queue", "status")
    assert status.count("Success") == 2, status
    shown = run(project, "dvc", "exp", "show", "--csv", "--keep", "mlp.lr")
    assert "0.001" in shown and "0.004" in shown
    store = sqlite3.connect(project / "mlflow.db")
    logged = store.execute("select value from params where key = 'mlp.lr'").fetchall()
    names = store.execute("select value from tags where key = 'dvc.exp'").fetchall()
    store.close()
    assert sorted(logged) == [("0.001",), ("0.004",)]
    assert len(set(names)) == 2 and ("",) not in names
