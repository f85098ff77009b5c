"""The whole pipeline with several stages side by side: the time that is left, the same dvc.lock as
`dvc repro`, failures and interrupts."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from ruamel.yaml import YAML

from scorefield.pipeline.progress import durations, record, remaining, spoken
from scorefield.pipeline.stage_key import locked, running
from tests.helpers.project import ENV, ROOT, run, started, wait

REPRO = (sys.executable, "-m", "scripts.repro")
FROM_ROOT = {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
DVC_YAML = """\
stages:
  first:
    cmd: python first.py
    deps:
    - first.py
    - seed.txt
    outs:
    - first.txt
  middle:
    foreach:
      slow: 1
      quick: 0
      wrong: 0
    do:
      cmd: python middle.py ${key} ${item}
      deps:
      - first.txt
      - middle.py
      outs:
      - out/${key}.txt
  last:
    cmd: cat out/*.txt > last.txt
    deps:
    - out
    outs:
    - last.txt
"""
FIRST = "open('first.txt', 'w').write(open('seed.txt').read().split()[0])"
MIDDLE = """\
import pathlib, sys, time
name, seconds = sys.argv[1:]
time.sleep(float(seconds))
pathlib.Path("out").mkdir(exist_ok=True)
pathlib.Path(f"out/{name}.txt").write_text(name)
"""


def toy(place: Path) -> Path:
    """A pipeline of five stages, one of them between two others in three instances."""
    place.mkdir()
    run(place, "git", "init", "-q")
    run(place, "dvc", "init", "-q")
    (place / "dvc.yaml").write_text(DVC_YAML)
    (place / "first.py").write_text(FIRST)
    (place / "middle.py").write_text(MIDDLE)
    (place / "seed.txt").write_text("1\n")
    (place / ".gitignore").write_text("/first.txt\n/last.txt\n/out/\n")
    return place


def repro(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    given = {"cwd": project, "env": ENV | FROM_ROOT, "text": True, "timeout": 300}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run([*REPRO, *arguments], **given, **pipes)


@pytest.mark.parametrize(
    "seconds, said", [(8.4, "8 s"), (125, "2 min 5 s"), (1260, "21 min"), (3841, "1 h 4 min")]
)
def test_times_are_told_in_words(seconds, said):
    assert spoken(seconds) == said


def test_the_estimate_is_the_sum_of_what_the_remaining_stages_took_before():
    known = {"train": 1200.0, "sample": 60.0, "evaluate": 0.0, "done": 9000.0}
    assert remaining(["train", "sample", "evaluate"], known) == "about 21 min left"
    assert remaining(["sample", "new"], known) == "at least 1 min 0 s left"
    assert remaining(["new"], known) == remaining([], known) == "no estimate yet"


def test_two_workers_take_half_the_time_but_never_less_than_the_longest_stage():
    known = {"a": 600.0, "b": 600.0, "c": 3000.0}
    assert remaining(["a", "b"], known, workers=2) == "about 10 min left"
    assert remaining(["a", "b", "c"], known, workers=2) == "about 50 min left"


def test_durations_written_at_the_same_time_are_all_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    stages = [f"train@{i}" for i in range(12)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda stage: record(stage, 1.0, 2.0), stages))
    assert durations() == dict.fromkeys(stages, 2.0)


def stage(root: Path, name: str) -> str:
    """What a stage that does nothing prints, run as DVC runs it."""
    code = "from scorefield.command import command; command(lambda: None)"
    env = ENV | {"DVC_STAGE": name, "DVC_ROOT": str(root)} | FROM_ROOT
    return subprocess.run(
        [sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True
    ).stdout


def test_a_stage_keeps_what_it_took_and_tells_it_the_next_time(tmp_path):
    assert stage(tmp_path, "train@a") == ""
    seconds = json.loads((tmp_path / ".scratch/durations.json").read_text())["train@a"]["seconds"]
    assert 0 < seconds < 120
    assert stage(tmp_path, "train@a") == f"[train@a] took {spoken(seconds)} last time\n"
    assert stage(tmp_path, "train@b") == ""


def test_no_stage_fails_because_durations_cannot_be_kept(tmp_path):
    (tmp_path / ".scratch").write_text("a file where the folder should be")
    assert stage(tmp_path, "train@a") == ""
    (tmp_path / ".scratch").unlink()
    (tmp_path / ".scratch").mkdir()
    (tmp_path / ".scratch/durations.json").write_text('{"train@a": [')
    assert stage(tmp_path, "train@a") == ""


def test_two_workers_write_the_dvc_lock_of_one_dvc_repro(tmp_path):
    alone, shared = toy(tmp_path / "alone"), toy(tmp_path / "shared")
    run(alone, "dvc", "repro")
    done = repro(shared, "--jobs", "2")
    assert done.returncode == 0, done.stdout
    assert (shared / "dvc.lock").read_bytes() == (alone / "dvc.lock").read_bytes()
    assert done.stdout.index("middle@quick: done") < done.stdout.index("middle@slow: done")
    assert "ran 5 of 5 stages" in done.stdout
    assert "nothing had to run" in repro(shared).stdout

    (shared / "seed.txt").write_text("1 and more, which no other stage sees\n")
    done = repro(shared)
    assert "ran 1 of 5 stages" in done.stdout and "middle@slow" not in done.stdout


@pytest.mark.filterwarnings("ignore")
def test_a_stage_has_the_same_key_while_another_one_writes_dvc_lock(tmp_path, monkeypatch):
    project, stage = toy(tmp_path / "toy"), "middle@quick"
    (project / "params.yaml").write_text("pace: {slow: 1, quick: [0, a]}\n")
    listed = "      params:\n      - pace.slow\n      - pace.quick\n      outs:\n      - out"
    (project / "dvc.yaml").write_text(DVC_YAML.replace("      outs:\n      - out", listed))
    run(project, "dvc", "repro", stage)
    monkeypatch.chdir(project)
    monkeypatch.setenv("DVC_STAGE", stage)
    lock = Path("dvc.lock")
    whole, key = lock.read_bytes(), locked(YAML(typ="safe").load(lock), stage)
    assert running("outside DVC") == key
    for end in (whole.index(stage.encode()) + 40, 0):
        lock.write_bytes(whole[:end])
        assert running("outside DVC") == key
    lock.unlink()
    assert running("outside DVC") == key


def test_a_line_for_each_stage_tells_how_far_the_whole_is_from_times_here_or_elsewhere(tmp_path):
    project = toy(tmp_path / "toy")
    took = {f"middle@{name}": {"start": 0, "seconds": 600} for name in ("slow", "quick")}
    elsewhere = {"middle@wrong": 600, "middle@slow": 7}
    for place, known in ((".scratch", took), ("scripts", elsewhere)):
        (project / place).mkdir()
        (project / place / "durations.json").write_text(json.dumps(known))
    said = repro(project, "--jobs", "1").stdout
    assert "stage 1 of 5, at least 30 min left: first\n" in said
    assert "stage 2 of 5, at least 30 min left: middle@slow (usually 10 min)\n" in said
    assert "stage 5 of 5, no estimate yet: last\n" in said


def test_a_failing_stage_stops_the_rest_and_its_own_error_is_shown(tmp_path):
    project = toy(tmp_path / "toy")
    (project / "middle.py").write_text(
        f"{MIDDLE}\nassert name != 'wrong', 'this one is wrong'\ntime.sleep(2)\n"
    )
    done = repro(project, "--jobs", "2")
    assert done.returncode == 1
    assert "AssertionError: this one is wrong" in done.stdout
    assert "failed: middle@wrong" in done.stdout and ": last" not in done.stdout
    assert not (project / "last.txt").exists()
    assert "this one is wrong" in (project / ".scratch/logs/middle@wrong.log").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_every_stage_and_leaves_no_lock(tmp_path, number):
    project = toy(tmp_path / "toy")
    (project / "middle.py").write_text(
        "import os, pathlib, sys, time\n"
        "pathlib.Path(f'{sys.argv[1]}.pid').write_text(str(os.getpid()))\n"
        "time.sleep(300)\n"
    )
    with started(project, *REPRO, "--jobs", "2", **FROM_ROOT) as process:
        wait(lambda: len(list(project.glob("*.pid"))) == 2, process)
        wait(lambda: all(file.read_text() for file in project.glob("*.pid")), process)
        os.kill(process.pid, number)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 130, said
    assert "interrupted" in said
    assert not any(psutil.pid_exists(int(f.read_text())) for f in project.glob("*.pid"))
    held = json.loads((project / ".dvc/tmp/rwlock").read_text())
    assert not any(held.values())


def test_files_of_dvc_that_a_kill_left_half_written_are_mended_and_nothing_runs_again(tmp_path):
    project = toy(tmp_path / "toy")
    repro(project)
    lock, paths = project / "dvc.lock", project / ".dvc/tmp/rwlock"
    whole = lock.read_text()
    half = whole[: whole.index("path:") + 4]
    lock.write_text(half)
    paths.write_text("")
    assert "validation failed" in run(project, "dvc", "repro", check=False)
    done = repro(project)
    assert done.returncode == 0 and done.stdout.count("half written") == 2
    assert lock.read_text() == whole and (project / "dvc.lock.broken").read_text() == half
    logs = [file.read_text() for file in (project / ".scratch/logs").glob("*.log")]
    assert len(logs) == 5 and all("skipping run" in log for log in logs)


def test_a_merge_conflict_in_dvc_lock_is_left_to_the_user(tmp_path):
    project = toy(tmp_path / "toy")
    repro(project)
    conflict = f"<<<<<<< HEAD\n{(project / 'dvc.lock').read_text()}=======\n>>>>>>> other\n"
    (project / "dvc.lock").write_text(conflict)
    assert repro(project).returncode
    assert (project / "dvc.lock").read_text() == conflict


def test_empty_folders_of_samples_go_unless_a_stage_is_writing(tmp_path):
    project = toy(tmp_path / "toy")
    empty, paths = project / "samples/of-shipped", project / ".dvc/tmp/rwlock"
    for pid, kept in ((os.getpid(), True), (2**22, False), (None, False)):
        empty.mkdir(parents=True, exist_ok=True)
        use = {str(empty): {"pid": pid, "cmd": "dvc repro"}}
        paths.write_text(json.dumps({"write": use} if pid else {}))
        repro(project)
        assert empty.exists() == kept
