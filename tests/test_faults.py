"""What goes wrong is told, nothing is lost, and the next run is right: docs/reliability.md."""

import hashlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests import servers
from tests.project import ENV, GOAL, copied, edit, nothing_runs, run

SAMPLES = "samples/bimodal-oracle.safetensors"
RESULTS = ("data/bimodal.safetensors", SAMPLES, "metrics/runs/bimodal-oracle.json")


@pytest.fixture
def project(small, tmp_path):
    return shutil.copytree(small, tmp_path / "project")


def results(project: Path) -> list[bytes]:
    return [(project / name).read_bytes() for name in RESULTS]


def started(project: Path, *command: str) -> subprocess.Popen:
    given = {"cwd": project, "env": ENV, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, text=True, start_new_session=True, **given)


def running(project: Path, stage: str) -> bool:
    """Whether a process of this project computes a stage."""
    listed = subprocess.run(["pgrep", "-f", f"python stages/{stage}.py"], capture_output=True)
    here = lambda pid: Path(f"/proc/{pid.decode()}/cwd").resolve() == project.resolve()
    return any(here(pid) for pid in listed.stdout.split())


def wait(project: Path, stage: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 120
    while not running(project, stage):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[0]
        time.sleep(0.05)


def test_kills_in_prepare_sample_and_evaluate_change_no_byte_of_the_result(small, tmp_path):
    """That of a training is in test_pipeline.py, that of a rank in test_ranks.py."""
    project = copied(tmp_path / "project")
    for stage in ("prepare", "sample", "evaluate"):
        process = started(project, "dvc", "repro", GOAL)
        wait(project, stage, process)
        time.sleep(1.5)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert not (project / RESULTS[2]).exists()
    run(project, "dvc", "repro", GOAL)
    assert results(project) == results(small)
    assert nothing_runs(project)


def test_a_full_disk_is_one_line_and_the_old_result_comes_back(project, small):
    folder = project / "samples"
    kept = (folder / Path(SAMPLES).name).read_bytes()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        (folder / Path(SAMPLES).name).write_bytes(kept)
        (folder / "other").write_bytes(bytes(64 * 1024 - len(kept) // 4096 * 4096 - 4096))
        edit(project, lambda p: p["heun"].update(steps=5))
        said = run(project, "dvc", "repro", GOAL, check=False)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    (line,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert SAMPLES in line and "not written" in line and "No space left" in line
    assert "Traceback" not in said
    edit(project, lambda p: p["heun"].update(steps=3))
    run(project, "dvc", "repro", GOAL)
    assert results(project) == results(small)


def test_of_two_repros_at_once_one_waits_its_turn_with_a_line(project, small):
    first = started(project, "dvc", "repro", "-f", "-s", "sample@bimodal-oracle")
    wait(project, "sample", first)
    said = run(project, "dvc", "repro", "-f", "-s", "sample@bimodal-oracle", check=False)
    assert "ERROR" in said and ("busy" in said or "lock" in said) and "Traceback" not in said, said
    said, _ = first.communicate(timeout=120)
    assert first.returncode == 0, said
    run(project, "dvc", "repro", GOAL)
    assert results(project) == results(small)


def test_a_corrupt_object_of_the_cache_is_found_and_made_again(project, small):
    lock = YAML(typ="safe").load(project / "dvc.lock")
    (out,) = lock["stages"]["sample@bimodal-oracle"]["outs"]
    held = project / ".dvc/cache/files/md5" / out["md5"][:2] / out["md5"][2:]
    held.chmod(0o644)
    held.write_bytes(b"rot")
    (project / SAMPLES).unlink()
    said = run(project, "dvc", "checkout", SAMPLES, check=False)
    assert "ERROR" in said and not (project / SAMPLES).exists()
    run(project, "dvc", "repro", GOAL)
    assert results(project) == results(small)
    assert hashlib.md5(held.read_bytes()).hexdigest() == out["md5"]


def test_an_interrupted_push_is_completed_by_the_next(project, tmp_path):
    big = os.urandom(200_000_000)
    (project / "big.bin").write_bytes(big)
    run(project, "dvc", "add", "big.bin")
    with servers.directory(tmp_path / "server") as (settings, _):
        run(project, "dvc", "remote", "add", "-d", "lab", settings["url"])
        process, place = started(project, "dvc", "push", "big.bin"), Path(settings["url"])
        while process.poll() is None and not any(place.rglob("*.*")):
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        run(project, "dvc", "push", "big.bin")
        for each in (place / "files/md5").rglob("*"):
            if each.is_file() and not each.name.endswith(".tmp"):
                assert hashlib.md5(each.read_bytes()).hexdigest() == each.parent.name + each.name
        shutil.rmtree(project / ".dvc/cache")
        (project / "big.bin").unlink()
        run(project, "dvc", "pull", "big.bin")
        assert (project / "big.bin").read_bytes() == big


@pytest.mark.filterwarnings("ignore")
def test_mlflow_gone_in_mid_run_stops_nothing_and_the_mirror_completes_it(tmp_path, monkeypatch):
    from scorefield.lab import tracking

    port, rows = servers.free_port(), [(step, {"loss": 1.0 / step}) for step in (1, 2, 3)]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{servers.HOST}:{port}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "5")
    said = []
    monkeypatch.setattr(tracking.tqdm, "write", said.append)
    with servers.mlflow(tmp_path / "server", port):
        live = tracking.live("train@a", "key", {"lr": 0.1}, 3)
        log = live.__enter__()
        log(*rows[0])
    for row in rows[1:]:
        log(*row)
    live.__exit__(None, None, None)
    assert len(said) == 1 and said[0].startswith("no live curves: ") and "\n" not in said[0]
    with pytest.raises(tracking.InputError, match="MLflow at http"):
        tracking.connect()
    with servers.mlflow(tmp_path / "server", port):
        given = {"lr": 0.1}
        assert [tracking.mirror("train@a", "key", given, rows, []) for _ in range(2)] == [1, 0]
        client, (run,) = (
            tracking.connect().MlflowClient(),
            tracking.connect().search_runs(output_format="list"),
        )
        history = client.get_metric_history(run.info.run_id, "loss")
        assert {m.step: m.value for m in history} == {step: row["loss"] for step, row in rows}
        assert run.info.status == "FINISHED"
