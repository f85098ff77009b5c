"""`make repro` takes the results of shipped models and exact laws from git, until what they depend
on is edited."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from scripts.shipped import edited, models_of

from tests.helpers.project import ENV, ROOT, run

PARAMS = """\
models:
  own: {}
  copied: {submitted_model: {folder: zoo/copied, sha256: a}}
  judge: {submitted_model: {folder: zoo/judge, sha256: b}}
  known: {net: exact}
runs:
  mine: {model: own, evaluator: judge, n: 2}
  theirs: {model: copied, evaluator: judge, n: 2}
  law: {model: known, evaluator: judge, n: 2}
"""
DVC_YAML = """\
stages:
  train:
    foreach: ${models}
    do:
      cmd: python work.py train ${key} > models/${key}
      params: ["models.${key}"]
      outs: ["models/${key}"]
  sample:
    foreach: ${runs}
    do:
      cmd: python work.py sample ${key} ${item.n} > samples/${key}
      deps: ["models/${item.model}", work.py]
      params: ["runs.${key}.n"]
      outs: ["samples/${key}"]
  evaluate:
    foreach: ${runs}
    do:
      cmd: cat score.txt samples/${key} models/${item.evaluator} > metrics/${key}
      deps: ["samples/${key}", "models/${item.evaluator}", score.txt]
      outs: ["metrics/${key}": {cache: false}]
  table:
    cmd: cat metrics/mine metrics/theirs metrics/law > table
    deps: [metrics]
    outs: [table: {cache: false}]
"""
OWN = {"train@own", "train@copied", "train@judge", "train@known", "sample@mine"}  # not in git
THEIRS = {"sample@theirs", "evaluate@theirs"}
LAW = {"sample@law", "evaluate@law"}


def repro(project: Path, *arguments: str) -> tuple[set[str], str]:
    """The stages that ran, and what was printed."""
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    given = {"cwd": project, "env": ENV | paths, "text": True, "capture_output": True}
    command = [sys.executable, "-m", "scripts.repro", "--jobs", "1", *arguments]
    done = subprocess.run(command, timeout=300, **given)
    assert done.returncode == 0, done.stdout + done.stderr
    logs = project / ".scratch/logs"
    ran = {log.stem for log in logs.glob("*.log") if "\nRunning stage" in f"\n{log.read_text()}"}
    shutil.rmtree(logs, ignore_errors=True)
    return ran, done.stdout


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """A project whose results are in git, without its data and models."""
    place = tmp_path_factory.mktemp("origin")
    run(place, "git", "init", "-q")
    run(place, "dvc", "init", "-q")
    for folder in ("models", "samples", "metrics"):
        (place / folder).mkdir()
        (place / folder / ".gitkeep").touch()
    (place / "dvc.yaml").write_text(DVC_YAML)
    (place / "params.yaml").write_text(PARAMS)
    (place / "work.py").write_text("import sys\nprint(*sys.argv[1:])\n")
    for model in ("copied", "judge"):
        (place / "zoo" / model).mkdir(parents=True)
        (place / "zoo" / model / "card.json").touch()
    (place / "score.txt").write_text("score\n")
    (place / ".gitignore").write_text(".scratch\n/models/*\n/samples/*\n!.gitkeep\n")
    assert repro(place, "--all")[0] == OWN | THEIRS | LAW | {"evaluate@mine", "table"}
    run(place, "git", "add", "-A")
    run(place, "git", "commit", "-qm", "Results")
    return place


@pytest.fixture
def clone(origin, tmp_path):
    run(tmp_path, "git", "clone", "-q", str(origin), "clone")
    return tmp_path / "clone"


def test_a_fresh_clone_leaves_out_stages_of_shipped_models_and_exact_laws_and_runs_all_others(
    clone,
):
    before = (clone / "dvc.lock").read_bytes()
    ran, told = repro(clone)
    assert ran == OWN and "left out 4 stages of shipped models and exact laws" in told
    assert (clone / "dvc.lock").read_bytes() == before
    assert not (clone / "samples/theirs").exists() and (clone / "metrics/theirs").exists()
    assert repro(clone)[0] == set()
    ran, told = repro(clone, "--all")
    assert ran == {"sample@theirs", "sample@law"} and "left out" not in told
    assert "left out" not in repro(clone)[1]


def test_an_edit_runs_what_depends_on_it_with_all_that_it_needs(clone):
    """Here scores alone are edited: the samples, which are not on this machine, come back too."""
    (clone / "score.txt").write_text("another score\n")
    ran, told = repro(clone)
    assert ran == OWN | THEIRS | LAW | {"evaluate@mine", "table"} and "left out" not in told


def test_an_experiment_that_allows_missing_data_runs_what_uses_the_changed_number_alone(clone):
    repro(clone)
    change = ("-S", "runs.mine.n=3")
    told = run(clone, "dvc", "exp", "run", "--allow-missing", *change)
    ran = {line.split("'")[1] for line in told.splitlines() if line.startswith("Running stage")}
    assert ran == {"sample@mine", "evaluate@mine", "table"}


def test_new_entries_and_deleted_results_of_shipped_models_are_made(clone):
    with (clone / "params.yaml").open("a") as file:
        file.write("  third: {model: copied, evaluator: judge, n: 2}\n")
    ran, told = repro(clone)
    assert ran == OWN | {"sample@third", "evaluate@third", "table"}
    assert "left out 4 stages" in told
    (clone / "metrics/theirs").unlink()
    assert repro(clone)[0] == THEIRS


@pytest.mark.parametrize(
    "changes, wanted",
    [
        ([{"changed deps": {"data/a": "deleted"}}, {"changed outs": {"b": "not in cache"}}], False),
        ([{"changed deps": {"data/a": "deleted", "c.py": "modified"}}], True),
        ([{"changed outs": {"metrics/b.json": "deleted"}}], True),
        ([{"changed deps": {"data/a": "deleted"}}, "changed command"], True),
    ],
)
def test_only_missing_data_are_no_edit(changes, wanted):
    assert edited(changes) == wanted


def test_all_models_of_an_entry_count_but_its_evaluator():
    entry = {"model": "a", "evaluator": "b", "guides": [{"model": "c", "name": "d"}], "n": 2}
    assert models_of(entry, {"a", "b", "c"}) == {"a", "c"}
