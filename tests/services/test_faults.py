"""What goes wrong is told, nothing is lost, and the next run is right: docs/reliability.md."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from scorefield.core.registry import methods
from scorefield.pipeline.files import load_tensors
from tests.helpers import servers, tracked
from tests.helpers.project import copied, edit, lab, nothing_runs, run, started, wait

SAMPLES = "samples/bimodal-oracle.safetensors"
RESULTS = ("data/bimodal.safetensors", SAMPLES, "metrics/runs/bimodal-oracle.json")


@pytest.fixture
def project(small, tmp_path):
    return shutil.copytree(small, tmp_path / "project")


def results(project: Path) -> list[bytes]:
    return [(project / name).read_bytes() for name in RESULTS]


def computing(project: Path, stage: str) -> list[int]:
    """The processes of this project that compute a stage."""
    listed = subprocess.run(["pgrep", "-f", f"python stages/{stage}.py"], capture_output=True)
    here = lambda pid: Path(f"/proc/{pid}/cwd").resolve() == project.resolve()
    return [pid for pid in map(int, listed.stdout.split()) if here(pid)]


def test_kills_in_prepare_sample_and_evaluate_change_no_byte_of_the_result(small, tmp_path):
    """That of a training is below, that of a rank in test_ranks.py."""
    project, picture = lab(tmp_path / "project"), "plots/runs/bimodal-oracle.png"
    for committed in (RESULTS[2], picture):
        (project / committed).unlink()
    under_way = {
        "prepare": lambda: computing(project, "prepare"),
        "sample": lambda: [*project.glob(".scratch/*/chunk-64-64.safetensors")],
        "evaluate": lambda: (project / picture).exists(),
    }
    for stage, begun in under_way.items():
        with started(project, "dvc", "repro") as process:
            wait(begun, process)
            os.killpg(process.pid, signal.SIGKILL)
        assert stage == "evaluate" or not (project / RESULTS[2]).exists()
    said = run(project, "dvc", "repro")
    assert "Running stage 'evaluate" in said
    assert results(project) == results(small)
    assert nothing_runs(project)


def test_a_full_disk_is_one_line_and_the_run_goes_on_when_there_is_space(project):
    folder, steps = project / "samples", lambda n: lambda p: p["heun"].update(steps=n)
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(folder)]
    edit(project, steps(7))
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        said = run(project, "dvc", "repro", check=False)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    (line,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert SAMPLES in line and "not written" in line and "No space left" in line
    assert "Traceback" not in said
    said = run(project, "dvc", "repro")
    assert "Running stage 'sample" in said and nothing_runs(project)
    assert len(load_tensors(project / SAMPLES)["samples"]) == 4096


def test_of_two_repros_at_once_the_second_is_told_and_the_first_finishes(project, small):
    command = ("dvc", "repro", "-f", "-s", "sample@bimodal-oracle")
    with started(project, *command) as first:
        wait(lambda: computing(project, "sample"), first)
        (stage,) = computing(project, "sample")
        os.kill(stage, signal.SIGSTOP)
        said = run(project, *command, check=False)
        os.kill(stage, signal.SIGCONT)
        assert "ERROR" in said and "busy" in said and "Traceback" not in said, said
        said, _ = first.communicate(timeout=120)
        assert first.returncode == 0, said
    run(project, "dvc", "repro")
    assert results(project) == results(small)


def test_a_damaged_object_of_the_cache_is_found_and_made_again(project, small):
    lock = YAML(typ="safe").load(project / "dvc.lock")
    (out,) = lock["stages"]["sample@bimodal-oracle"]["outs"]
    held = project / ".dvc/cache/files/md5" / out["md5"][:2] / out["md5"][2:]
    held.chmod(0o644)
    held.write_bytes(b"rot")
    held.chmod(0o444)
    (project / SAMPLES).unlink()
    said = run(project, "scripts/verify.sh", check=False)
    (line,) = [line for line in said.splitlines() if line.startswith("damaged, removed: ")]
    assert line.endswith(str(held)) and not held.exists()
    run(project, "dvc", "repro")
    assert results(project) == results(small)
    assert hashlib.md5(held.read_bytes()).hexdigest() == out["md5"]
    assert run(project, "scripts/verify.sh") == ""


def test_an_interrupted_push_is_completed_by_the_next(project, tmp_path):
    big, place = os.urandom(400_000_000), tmp_path / "remote"
    (project / "big.bin").write_bytes(big)
    run(project, "dvc", "add", "big.bin")
    name = hashlib.md5(big).hexdigest()
    final = place / "files/md5" / name[:2] / name[2:]
    run(project, "dvc", "remote", "add", "-d", "lab", str(place))
    with started(project, "dvc", "push", "big.bin") as push:
        wait(lambda: any(path.is_file() for path in place.rglob("*")), push)
        os.killpg(push.pid, signal.SIGKILL)
        push.wait()
        assert push.returncode == -signal.SIGKILL and not final.exists(), "pushed before the kill"
    run(project, "dvc", "push", "big.bin")
    assert hashlib.md5(final.read_bytes()).hexdigest() == name
    shutil.rmtree(project / ".dvc/cache/files/md5" / name[:2])
    (project / "big.bin").unlink()
    run(project, "dvc", "pull", "big.bin")
    assert (project / "big.bin").read_bytes() == big


@pytest.mark.filterwarnings("ignore")
def test_mlflow_gone_in_mid_run_stops_nothing_and_the_mirror_completes_it(tmp_path, monkeypatch):
    from scorefield.pipeline import mlflow_live, mlflow_mirror, tracking

    port = servers.free_port()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{servers.HOST}:{port}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "5")
    said = []
    monkeypatch.setattr(mlflow_live.tqdm, "write", said.append)
    with servers.mlflow(tmp_path / "server", port):
        live = mlflow_live.live(tracked.training(), 3)
        run = live.__enter__()
        run.log(tracked.row(1))
    for step in (2, 3):
        run.log(tracked.row(step))
    live.__exit__(None, None, None)
    assert len(said) == 1 and said[0].startswith("no live curves: ") and "\n" not in said[0]
    with pytest.raises(tracking.NotTracked, match="MLflow at http"):
        tracking.connect()
    with servers.mlflow(tmp_path / "server", port):
        (tmp_path / "p.png").write_bytes(b"picture")
        record = tracked.training([1, 2, 3], {"plots/p.png": tmp_path / "p.png"})
        assert [mlflow_mirror.mirror([record]) for _ in range(2)] == [1, 0]
        expected = [(step, 1.0 / step) for step in (1, 2, 3)]
        assert tracked.history("k3", "epoch/loss") == expected
        info, client = tracked.runs()["k3"].info, tracking.connect().MlflowClient()
        held = [each.path for each in client.list_artifacts(info.run_id, "plots")]
        assert info.status == "FINISHED" and held == ["plots/p.png"]
        assert not (Path.cwd() / "mlartifacts" / info.run_id).exists()


@pytest.mark.parametrize("optimiser", methods("optimisers"))
def test_a_killed_training_ends_with_the_bytes_of_an_undisturbed_one(optimiser, tmp_path):
    project = copied(tmp_path)
    edit(project, lambda p: p["mlp"].update(steps=2000, width=64, optimiser=optimiser))
    command = ["dvc", "repro", "train@bimodal-ddpm"]
    run(project, "dvc", "repro", "prepare@bimodal")
    checkpoints = lambda: [*project.glob(".scratch/*/checkpoint.safetensors")]
    with started(project, *command) as killed:
        wait(checkpoints, killed)
        time.sleep(1.5)
        os.killpg(killed.pid, signal.SIGKILL)
    assert not (project / "models/bimodal-ddpm/config.json").exists()
    said = run(project, *command)
    resumed = {f: f.read_bytes() for f in (project / "models/bimodal-ddpm").rglob("*.*")}
    first = int(re.search(r"train: +\d+%.*?\| (\d+)/2000", said.replace("\r", "\n")).group(1))
    assert first > 0, "it began again from nothing"
    assert not checkpoints()
    run(project, *command[:2], "-f", "-s", command[2])
    assert resumed == {f: f.read_bytes() for f in (project / "models/bimodal-ddpm").rglob("*.*")}
