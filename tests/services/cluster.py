"""A Slurm cluster of two nodes on this machine: `make slurm`. Needs root, slurm-wlm and munge."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.helpers import servers
from tests.helpers.project import ENV, ROOT, run, started, wait
from tests.services.test_remotes import METRICS, add, cloned

CONF = """ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmUser=root
SlurmdUser=root
AuthInfo=socket={place}/munge/socket
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool/%n
SlurmctldPidFile={place}/slurmctld.pid
SlurmdPidFile={place}/%n.pid
SlurmctldLogFile={place}/slurmctld.log
SlurmdLogFile={place}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
NodeName=node1 NodeHostname={host} NodeAddr=127.0.0.1 Port={one} CPUs=1 RealMemory=2000
NodeName=node2 NodeHostname={host} NodeAddr=127.0.0.1 Port={two} CPUs=1 RealMemory=2000
PartitionName=main Nodes=node[1-2] Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture(scope="module")
def cluster():
    """Two nodes that take jobs; SLURM_CONF points at them."""
    if os.geteuid():
        pytest.skip("a private cluster needs root")
    place = Path("/run/scorefield-slurm")  # munge wants a short path that others cannot write
    shutil.rmtree(place, ignore_errors=True)
    for folder in ("munge", "state", "spool/node1", "spool/node2"):
        (place / folder).mkdir(parents=True)
    munge = place / "munge"
    (munge / "key").write_bytes(os.urandom(1024))
    (munge / "key").chmod(0o400)
    munge.chmod(0o755)
    run(place, "chown", "-R", "munge:", str(munge))
    files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log"}
    given = [f"--{key}={munge / name}" for key, name in {**files, "seed-file": "seed"}.items()]
    names = {"host": socket.gethostname().split(".")[0], "place": place}
    ports = {key: servers.free_port() for key in ("control", "one", "two")}
    (place / "slurm.conf").write_text(CONF.format(**names, **ports))
    conf = str(place / "slurm.conf")
    os.environ["SLURM_CONF"] = ENV["SLURM_CONF"] = conf
    try:
        run(place, "runuser", "-u", "munge", "--", servers.needed("munged"), "--force", *given)
        run(place, servers.needed("slurmctld"), "-f", conf)
        for node in ("node1", "node2"):
            run(place, servers.needed("slurmd"), "-f", conf, "-N", node)
        deadline = time.monotonic() + 60
        while run(place, "sinfo", "-h", "-N", "-o", "%T", check=False).split() != ["idle"] * 2:
            assert time.monotonic() < deadline, run(place, "sinfo", "-N", check=False)
            time.sleep(0.5)
        yield place
    finally:
        run(place, "scontrol", "shutdown", check=False)
        run(place, "pkill", "-F", str(munge / "pid"), check=False)
        del ENV["SLURM_CONF"], os.environ["SLURM_CONF"]


def shared(small: Path, place: Path) -> Path:
    """A repository to clone, whose data lie in its default remote."""
    project, origin = shutil.copytree(small, place / "project"), place / "origin"
    add(project, "lab", {"url": str(place / "remote")})
    run(project, "dvc", "remote", "default", "lab")
    run(project, "git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qam", "lab")
    run(project, "dvc", "push")
    subprocess.run(["git", "clone", "-q", "--bare", str(project), str(origin)], check=True)
    return origin


def test_an_array_of_jobs_in_their_own_clones_comes_back_as_experiments(cluster, small, tmp_path):
    origin = shared(small, tmp_path)
    sweep = {"ORIGIN": str(origin), "KEY": "heun.steps", "VALUES": "2 4 6 8"}
    given = ["env", *(f"{key}={value}" for key, value in sweep.items())]
    run(tmp_path, *given, "sbatch", "--wait", str(ROOT / "scripts/sweep.sbatch"))
    logs = [path.read_text() for path in tmp_path.glob("sweep-*.log")]
    assert all("done" in log for log in logs) and len(logs) == 4, logs
    assert {f"node{i}" for i in (1, 2)} == {log.split(" on ")[-1].split(":")[0] for log in logs}
    assert not any("Running stage 'train" in log for log in logs), "computed what was shared"
    clone = cloned(origin, tmp_path / "clone")
    run(clone, "dvc", "exp", "pull", "origin", "-A")
    found = set()
    for steps in (2, 4, 6, 8):
        name = f"heun-steps-{steps}"
        run(clone, "git", "checkout", "-q", ".")
        run(clone, "dvc", "pull")
        run(clone, "dvc", "exp", "apply", name)
        assert f"steps: {steps}" in (clone / "params.yaml").read_text()
        found.add((clone / METRICS).read_text())
    assert len(found) == 4


def test_a_task_that_was_killed_or_could_not_push_goes_on_when_it_is_submitted_again(
    small, tmp_path
):
    origin, away = shared(small, tmp_path), tmp_path / "away"
    given = {"ORIGIN": origin, "KEY": "heun.steps", "VALUES": "4", "SLURM_ARRAY_TASK_ID": 0}
    task = ["env", *(f"{key}={value}" for key, value in given.items())]
    task += ["bash", str(ROOT / "scripts/sweep.sbatch")]
    work = tmp_path / "heun-steps-4"
    with started(tmp_path, *task) as killed:
        wait(lambda: [*work.glob(".scratch/*/chunk-64-64.safetensors")], killed)
        os.killpg(killed.pid, signal.SIGKILL)
    origin.rename(away)
    said = run(tmp_path, *task, check=False)
    assert "Running stage 'sample" in said and "ERROR" in said and "done" not in said
    assert (work / METRICS).exists()
    away.rename(origin)
    said = run(tmp_path, *task)
    assert "done" in said and "Running stage" not in said and not work.exists()
    assert "heun-steps-4" in run(tmp_path, "git", "ls-remote", str(origin))


def test_two_nodes_draw_the_bytes_of_one_process(cluster, small, tmp_path):
    project = shutil.copytree(small, tmp_path / "project")
    meet = f"--rdzv-backend=c10d --rdzv-endpoint=127.0.0.1:{servers.free_port()} --rdzv-id=1"
    torchrun = f"{servers.BIN}/torchrun --nnodes=2 --nproc-per-node=1 --local-addr=127.0.0.1 {meet}"
    launch = {"one": "", "two": f"srun -N2 --ntasks-per-node=1 {torchrun}"}
    drawn = []
    for command in launch.values():
        given = ["env", "OMP_NUM_THREADS=1", f"LAUNCH={command}"]
        run(project, *given, "dvc", "repro", "-f", "-s", "sample@bimodal-oracle")
        drawn.append((project / "samples/bimodal-oracle.safetensors").read_bytes())
    assert drawn[0] == drawn[1]
