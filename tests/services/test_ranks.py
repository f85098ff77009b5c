"""Several processes of one stage compute what one does."""

import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch

from scorefield.pipeline.files import load_tensors
from tests.helpers.project import ROOT, copied, edit, run, started, wait
from tests.helpers.servers import free_port

ONE_THREAD = {"OMP_NUM_THREADS": "1"}  # results in bytes depend on the threads of a process
TORCHRUN = [str(Path(sys.executable).parent / "torchrun")]
TWO = [*TORCHRUN, "--standalone", "--nproc-per-node=2"]


def shared(folder: Path, *launches: list[str]) -> dict[str, torch.Tensor]:
    """What tests/helpers/shared.py finds, started by each launch at the same time."""
    with ExitStack() as hosts:
        command = ["tests/helpers/shared.py", str(folder)]
        begun = [
            hosts.enter_context(started(ROOT, *launch, *command, **ONE_THREAD))
            for launch in launches
        ]
        for process in begun:
            said, _ = process.communicate(timeout=300)
            assert process.returncode == 0, said
    return load_tensors(folder / "found.safetensors")


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return shared(tmp_path_factory.mktemp("alone"), [sys.executable])


def one_of_two() -> list[str]:
    """A torchrun that meets another one on the loopback, one process each."""
    meeting = ["--rdzv-backend=c10d", f"--rdzv-endpoint=localhost:{free_port()}", "--rdzv-id=test"]
    return [*TORCHRUN, "--nnodes=2", "--nproc-per-node=1", "--local-addr=localhost", *meeting]


@pytest.mark.parametrize("hosts", ["one host", "two hosts"])
def test_ranks_draw_the_same_bytes_and_train_the_same_weights_as_one_process(
    hosts, alone, tmp_path
):
    """Batches of 33 do not divide by two; losses are over rows, over pairs of rows, with a moving
    normaliser, with labels that are left out; weights agree to rounding after ten steps of AdamW,
    in float64 but for the networks of images."""
    half = one_of_two()
    together = shared(tmp_path, *([TWO] if hosts == "one host" else [half, half]))
    assert together.keys() == alone.keys()
    for key, value in alone.items():
        if "/" in key:  # of a training
            gap = 1e-12 if value.dtype == torch.float64 else 1e-3
            torch.testing.assert_close(together[key], value, rtol=0, atol=gap, msg=key)
        else:
            assert torch.equal(together[key], value), key


def workers(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True
    )
    return [int(line) for line in listed.stdout.split()]


def descendants(pid: int) -> list[int]:
    below = workers(pid)
    return below + [each for child in below for each in descendants(child)]


def ranks_of(pid: int) -> list[int]:
    """The processes under a launch that compute, in the order of their ranks."""
    found = {}
    for each in descendants(pid):
        environment = Path(f"/proc/{each}/environ").read_bytes().split(b"\0")
        ranks = [entry for entry in environment if entry.startswith(b"RANK=")]
        if ranks:
            found[int(ranks[0][5:])] = each
    return [found[rank] for rank in sorted(found)]


def begun(project: Path) -> bool:
    return any(project.glob(".scratch/*/checkpoint.safetensors"))


def test_a_killed_rank_ends_all_with_a_line_and_the_next_start_resumes(tmp_path):
    project = copied(tmp_path)
    edit(project, lambda p: p["mlp"].update(steps=1500, width=64))
    run(project, "dvc", "repro", "prepare@bimodal")
    env = ONE_THREAD | {"LAUNCH": " ".join(TWO)}
    command = ("dvc", "repro", "-s", "train@bimodal-ddpm")
    with started(project, *command, **env) as first:
        wait(lambda: begun(project), first)
        os.kill(ranks_of(first.pid)[1], signal.SIGKILL)
        said, _ = first.communicate(timeout=60)
        assert first.returncode != 0
    assert "ended early; what had been finished is kept, the next start goes on from it" in said
    assert not (project / "models/bimodal-ddpm").exists()
    with started(project, *command, **env) as second:
        said, _ = second.communicate(timeout=120)
        assert second.returncode == 0, said
    first = re.search(r"train: +\d+%.*?\| (\d+)/1500", said).group(1)
    assert int(first) > 0, "it began again from nothing"
    curve = (project / "models/bimodal-ddpm/curve.csv").read_text().splitlines()
    assert len(curve) == 11 and curve[-1].startswith("1500,")


def test_a_lost_host_ends_the_others_with_a_line(tmp_path):
    project = copied(tmp_path)
    edit(project, lambda p: p["mlp"].update(steps=20000))
    run(project, "dvc", "repro", "prepare@bimodal")
    command = [*one_of_two(), "stages/train.py", "bimodal-ddpm"]
    with started(project, *command, **ONE_THREAD) as kept:
        with started(project, *command, **ONE_THREAD) as lost:
            wait(lambda: begun(project), kept)
            for pid in (*ranks_of(lost.pid), lost.pid):
                os.kill(pid, signal.SIGKILL)
        said, _ = kept.communicate(timeout=60)
        assert kept.returncode != 0
    (line,) = [line for line in said.splitlines() if line.startswith("[rank0]: error: ")]
    assert "lost another one of 2" in line and "goes on from there" in line
    assert not (project / "models/bimodal-ddpm").exists()
