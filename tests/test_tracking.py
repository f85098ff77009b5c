import pytest

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
