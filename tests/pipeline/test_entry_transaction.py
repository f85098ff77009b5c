"""Entering is a change that is made whole or not at all, whatever an entry does and whenever a kill
comes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scorefield.core.errors import InputError
from scorefield.leaderboard import entering, journal
from scorefield.leaderboard.entry import Entry, read_entry
from scorefield.leaderboard.entry_checks import check
from scorefield.pipeline.sandbox import Ended, Limits
from tests.helpers.project import ENV, ROOT

FILES = {"a.py": "a = 1\n", "params.yaml": "new\n", "entered.json": "{}\n", "old.py": None}
BEFORE = {"a.py": None, "params.yaml": "old\n", "entered.json": None, "old.py": "o = 1\n"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the files as they are before."""
    monkeypatch.chdir(tmp_path)
    for name, text in BEFORE.items():
        journal.put(name, text)
    return tmp_path


def texts() -> dict:
    return {name: journal.text_of(name) for name in FILES}


@pytest.mark.parametrize("step", range(len(FILES) + 2))
def test_a_kill_at_any_step_leaves_all_as_before_or_is_finished_by_the_next_call(
    step, place, monkeypatch
):
    """Each step is one rename or removal of a file: the journal, the files, the journal."""
    done = []

    def counted(call):
        def counting(*given, **named):
            if len(done) == step:
                raise KeyboardInterrupt
            done.append(given)
            return call(*given, **named)

        return counting

    monkeypatch.setattr(journal, "save_json", counted(journal.save_json))
    monkeypatch.setattr(journal, "put", counted(journal.put))
    unlink = Path.unlink
    last = lambda path, **named: (counted(unlink) if path == journal.JOURNAL else unlink)(
        path, **named
    )
    monkeypatch.setattr(Path, "unlink", last)
    with pytest.raises(KeyboardInterrupt):
        journal.change("mine", FILES)
    monkeypatch.undo()
    monkeypatch.chdir(place)
    assert step > 0 or texts() == BEFORE
    told = journal.recover()
    assert texts() == (FILES if step else BEFORE)
    assert told == ("mine: its entry was interrupted, and is now whole" if step else "")
    assert journal.recover() == "" and not journal.JOURNAL.exists()


def test_an_interrupted_entry_is_taken_back_where_the_user_changed_a_file_since(place, monkeypatch):
    monkeypatch.setattr(journal, "finish", lambda journal: None)
    journal.change("mine", FILES)
    monkeypatch.undo()
    monkeypatch.chdir(place)
    journal.put("a.py", FILES["a.py"])
    journal.put("params.yaml", "the user's\n")
    assert "is taken back, as params.yaml was changed since" in journal.recover()
    assert texts() == BEFORE | {"params.yaml": "the user's\n"}


ENDINGS = [  # how the process of a trial ends, and the line
    (Ended("exit status 1", "x\nerror: a: no\n\x1b[31merror\nerror: b\n", 1.0), "a: no\nerror: b"),
    (Ended("exit status 1", "Traceback", 1.0), "mine: its process was exit status 1"),
    (Ended("not finished after 3 s, the limit", "", 3.0), "mine: its process was not finished after 3 s, the limit"),
    (Ended("", "error: a lie\n", 1.0), ""),
]  # fmt: skip


@pytest.mark.parametrize("ended, line", ENDINGS)
def test_what_a_process_says_of_its_errors_is_told_and_no_more(ended, line):
    if not line:
        entering.refuse(ended, "mine")
        return
    with pytest.raises(InputError) as caught:
        entering.refuse(ended, "mine")
    assert str(caught.value) == line


@pytest.mark.parametrize("how, said", [
    ("", "its process ended before the trial was finished"),  # os._exit(0)
    ("not finished after 300 s, the limit", "not finished after 300 s, the limit"),
])  # fmt: skip
def test_an_entry_whose_trial_does_not_come_to_its_end_changes_nothing(
    how, said, place, monkeypatch
):
    monkeypatch.setattr(entering, "copy_project", lambda place, own: place.mkdir(parents=True))
    monkeypatch.setattr(entering, "run_apart", lambda *given: Ended(how, "", 1.0))
    monkeypatch.setattr(entering, "needed", lambda params, names: set())
    with pytest.raises(InputError, match=said):
        entering.tried(Entry("mine", {}, {}), b"new\n", Limits())
    assert texts() == BEFORE and not (place / ".scratch/entry/mine").exists()


PRESENT = {
    "models": {"ours": {}}, "data": {}, "runs_with_guide": {},
    "runs": {"first": {"data": "digits", "evaluator": "ours"}},
}  # fmt: skip
RUN = {"data": "digits", "model": "ours", "evaluator": "ours"}


def refused(added: dict) -> str:
    try:
        check(Entry("mine", added, {}), PRESENT)
    except InputError as error:
        return str(error)
    return ""


def test_an_evaluator_of_its_own_is_refused(place):
    assert refused({"runs": {"mine": RUN}}) == ""
    said = refused({"runs": {"mine": RUN | {"evaluator": "mine"}}, "models": {"mine": {}}})
    assert said == "runs.mine.evaluator: expected ours, that of 'digits'"


@pytest.mark.parametrize("path, fine", [
    ("entries/mine/samples.safetensors", True), ("zoo/ours", True), ("/etc/passwd", False),
    ("../other/samples.safetensors", False), ("entries/mine/../other/x", False),
    ("entries/other/samples.safetensors", False), ("data/digits.safetensors", False),
])  # fmt: skip
def test_a_file_outside_of_the_entry_is_refused(path, fine, place):
    said = refused({"runs": {"mine": RUN | {"submitted_samples": {"file": path, "sha256": ""}}}})
    expected = f"runs.mine.submitted_samples.file: expected a path in entries/mine, found {path}"
    assert said == ("" if fine else expected)


def test_a_link_or_a_pipe_in_an_entry_is_refused(place):
    (place / "entries/mine").mkdir(parents=True)
    (place / "entries/mine/params.yaml").write_text("runs: {}\n")
    (place / "entries/other").symlink_to("mine")
    with pytest.raises(InputError, match="entries/other: a link"):
        read_entry(Path("entries/other"))
    (place / "entries/mine/x").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="entries/mine/x: a link"):
        read_entry(Path("entries/mine"))
    (place / "entries/mine/x").unlink()
    os.mkfifo(place / "entries/mine/x")
    with pytest.raises(InputError, match="expected a file, found something else"):
        read_entry(Path("entries/mine"))


def test_a_killed_trial_leaves_no_process_and_changes_nothing(tmp_path):
    """The process of the entry ends with the one that started it."""
    code = (
        "from pathlib import Path\nfrom scorefield.pipeline.sandbox import Limits, run_apart\n"
        "run_apart(['sh', '-c', 'echo $$ >here; sleep 1000'], Path('.'), Limits())"
    )
    env = ENV | {"PYTHONPATH": str(ROOT / "src")}
    started = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=env)
    deadline = time.monotonic() + 120
    while not (tmp_path / "here").exists() or not (tmp_path / "here").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    started.send_signal(signal.SIGKILL)
    started.wait()
    for _ in range(200):
        if not sleeping(tmp_path):
            return
        time.sleep(0.05)
    raise AssertionError("it still runs")


def sleeping(place: Path) -> list[str]:
    """The processes that work in a folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            here = (each / "cwd").resolve() == place.resolve()
            if here and b"sleep 1000" in (each / "cmdline").read_bytes().replace(b"\0", b" "):
                found.append(each.name)
        except OSError:
            continue
    return found
