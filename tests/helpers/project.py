"""A copy of this project to run commands in."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ruamel.yaml import YAML

from scorefield.pipeline.catalogue import TABLES

ROOT = Path(__file__).parents[2]
ENV = {k: v for k, v in os.environ.items() if not k.startswith("DVC_")} | {
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "PYTHONPATH": "src",
    "SCOREFIELD_CHECKPOINT_SECONDS": "0.5",
}


def run(project: Path, *command: str, check: bool = True) -> str:
    given = {"cwd": project, "env": ENV, "capture_output": True, "text": True, "timeout": 900}
    done = subprocess.run(command, **given)
    said = done.stdout + done.stderr
    assert not check or done.returncode == 0, said
    return said


def copied(place: Path, tiny: bool = True) -> Path:
    """This project, as a new checkout at `place`."""
    listed = run(ROOT, "git", "ls-files", "-co", "--exclude-standard").split()
    for name in filter(lambda name: (ROOT / name).is_file(), listed):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, place / name)
    run(place, "git", "init", "-q")
    if tiny:
        run(place, sys.executable, "tests/helpers/tiny.py")
        (place / "dvc.lock").unlink(missing_ok=True)
    return place


def commit(project: Path) -> None:
    run(project, "git", "add", "-A")
    run(project, "git", "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "x")


@contextmanager
def started(project: Path, *command: str, **env: str) -> Iterator[subprocess.Popen]:
    """A command in a session of its own, which ends with the block."""
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=project, env=ENV | env, start_new_session=True, **given)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        if process.stdout and not process.stdout.closed:
            process.communicate()


def wait(done: Callable[[], bool], process: subprocess.Popen, seconds: float = 120) -> None:
    """Until something is so, while the process runs."""
    deadline = time.monotonic() + seconds
    while not done():
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[0]
        time.sleep(0.02)


def edit(project: Path, change) -> None:
    yaml, path = YAML(), project / "params.yaml"
    params = yaml.load(path)
    change(params)
    yaml.dump(params, path)


def rerun(project: Path) -> set[str]:
    """The stages whose own code, parameters or command are not those of dvc.lock; data that is
    merely not here does not count; nor do `validate`, `fingerprint` and `report`, which read all."""
    run(project, sys.executable, "stages/fingerprint.py")
    changed = set()
    for stage, causes in json.loads(run(project, "dvc", "status", "--json")).items():
        deps = [cause.get("changed deps", {}) for cause in causes if isinstance(cause, dict)]
        differs = any(state != "deleted" for found in deps for state in found.values())
        if differs or "changed command" in causes:
            changed.add(stage)
    return changed - {"validate", "fingerprint", "report"}


def narrow(
    project: Path, kept: dict[str, list[str]], stages: Iterable[str], change=lambda params: None
) -> None:
    """Leave these entries of the tables and these stages only, change params.yaml, and commit."""
    yaml = YAML()
    whole = yaml.load(project / "dvc.yaml")["stages"]
    yaml.dump({"stages": {name: whole[name] for name in stages}}, project / "dvc.yaml")

    def cut(params: dict) -> None:
        for table in TABLES:
            params[table] = {name: params[table][name] for name in kept.get(table, [])}
        params["contest"] = {"data": "bimodal", "evaluator": "bimodal-exact"}
        params["summary"] = {"mmd2": [f"runs/{kept['runs'][-1]}", "mmd2"]}
        change(params)

    edit(project, cut)
    commit(project)


def lab(place: Path) -> Path:
    """The shortest pipeline there is, from data to the scores of one run, in git; with enough
    chunks of samples that a kill falls between two."""
    project = copied(place)
    kept = {"data": ["bimodal"], "models": ["bimodal-exact"], "runs": ["bimodal-oracle"]}
    stages = ("validate", "fingerprint", "prepare", "train", "sample", "evaluate")
    narrow(project, kept, stages, in_chunks)
    return project


def in_chunks(params: dict) -> None:
    params["runs"]["bimodal-oracle"]["n"] = 4096
    params["sampling"]["chunk"] = 64


def nothing_runs(project: Path) -> bool:
    said = run(project, "dvc", "repro")
    return "Running stage" not in said and "up to date" in said
