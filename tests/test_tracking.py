import sqlite3
import subprocess
import time

import pytest
from ruamel.yaml import YAML

from tests.project import ENV, commit, copied, run

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
