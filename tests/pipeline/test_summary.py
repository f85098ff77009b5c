"""The headline figures, and what the commands print of results: within a terminal of 120 columns."""

import copy
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from report.graph import HIDDEN
from ruamel.yaml import YAML
from scripts.compare import keyed, present_file, present_key

from scorefield.pipeline.validation import problems
from tests.helpers.project import ENV, ROOT, commit, run

PARAMS = YAML(typ="safe").load(ROOT / "params.yaml")
DVC = YAML(typ="safe").load(ROOT / "dvc.yaml")
WIDTH = 120
FROM_ROOT = {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "COLUMNS": str(WIDTH)}


def script(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    given = {"cwd": project, "env": ENV | FROM_ROOT, "capture_output": True, "text": True}
    return subprocess.run([sys.executable, *arguments], **given, timeout=300)


def fits(text: str) -> bool:
    return all(len(line.rstrip()) <= WIDTH for line in text.splitlines())


def written(project: Path, files: dict[str, dict]) -> None:
    for name, figures in files.items():
        path = project / f"metrics/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(figures))


def summarised(place: Path, chosen: dict) -> subprocess.CompletedProcess[str]:
    """The stage on a folder with two results."""
    YAML().dump({"summary": chosen}, place / "params.yaml")
    written(place, {"runs/a": {"fid": 1.5, "nfe": 20}, "paths/b": {"action": 2.0}})
    return script(place, str(ROOT / "stages/summary.py"))


# the file


def test_the_summary_has_the_keys_of_params_and_their_figures(tmp_path):
    chosen = {"z_fid": ["runs/a", "fid"], "a_action": ["paths/b", "action"]}
    assert summarised(tmp_path, chosen).returncode == 0
    found = json.loads((tmp_path / "metrics/summary.json").read_text())
    assert list(found.items()) == [("a_action", 2.0), ("z_fid", 1.5)]


@pytest.mark.parametrize(
    "place, said",
    [
        (
            ["runs/c", "fid"],
            "error: metrics/runs/c.json: not found; `dvc repro` or `dvc pull` makes it\n",
        ),
        (
            ["runs/a", "fidd"],
            "error: summary.x: no figure 'fidd' in metrics/runs/a.json; did you mean 'fid'?\n",
        ),
    ],
)
def test_a_result_or_figure_that_is_missing_is_one_line(tmp_path, place, said):
    done = summarised(tmp_path, {"x": place})
    assert done.returncode == 1 and done.stderr == said
    assert not (tmp_path / "metrics/summary.json").exists()


@pytest.mark.parametrize(
    "place, said",
    [
        (
            ["runs/digits-ddimm", "fid"],
            "no result named 'runs/digits-ddimm'; did you mean 'runs/digits-ddim'?",
        ),
        (
            ["run/digits-ddim", "fid"],
            "no result named 'run/digits-ddim'; did you mean 'runs/digits-ddim'?",
        ),
        (
            ["runs/digits-ddim"],
            "expected a list of a result and a figure, found ['runs/digits-ddim']",
        ),
        (
            ["runs/digits-ddim", 1],
            "expected a list of a result and a figure, found ['runs/digits-ddim', 1]",
        ),
        ("fid", "expected a list of a result and a figure, found 'fid'"),
    ],
)
def test_a_wrong_place_is_found_before_anything_runs(place, said):
    params = copy.deepcopy(PARAMS)
    params["summary"]["digits_fid"] = place
    assert list(problems(params)) == [f"summary.digits_fid: {said}"]


def test_the_summary_is_the_only_metric_of_dvc():
    stages = DVC["stages"].items()
    declared = {name: (each.get("do") or each).get("metrics") for name, each in stages}
    assert {name for name, metrics in declared.items() if metrics} == {"summary"}
    assert declared["summary"] == [{"metrics/summary.json": {"cache": False}}]
    assert 10 <= len(PARAMS["summary"]) <= 20


@pytest.mark.skipif(
    not (ROOT / "metrics/summary.json").exists(), reason="the pipeline has not run yet"
)
def test_the_summary_of_this_project_is_whole():
    assert list(json.loads((ROOT / "metrics/summary.json").read_text())) == sorted(
        PARAMS["summary"]
    )


# what commands print


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> Path:
    """A project whose figures changed since its only commit."""
    project = tmp_path_factory.mktemp("compared")
    run(project, "git", "init", "-q")
    run(project, "dvc", "init", "-q")
    before = dict.fromkeys(sorted(PARAMS["summary"]), 0.123456789)
    old = {"runs/a": {"fid": 20.0, "kid": 1.0, "hit": 0.5}, "runs/gone": {"fid": 1.0}}
    written(project, old | {"curves/digits": {"floor": 2.0}, "summary": before})
    stage = {"cmd": "true", "metrics": [{"metrics/summary.json": {"cache": False}}]}
    YAML().dump({"stages": {"summary": stage}}, project / "dvc.yaml")
    shutil.copy(ROOT / "params.yaml", project)
    commit(project)
    shutil.rmtree(project / "metrics")
    written(project, {"runs/a": {"fid": 25.0, "kid": 1.0, "rare_mode": 0.5, "evaluator": "new"}})
    after = {key: value + 1 for key, value in before.items()}
    written(project, {"few_steps/digits": {"floor": 2.0}, "summary": after})
    return project


def test_compare_prints_exactly_what_changed_sorted(compared):
    done = script(compared, "-m", "scripts.compare", "HEAD")
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("  ")]
    assert rows[:3] == [
        ["evaluator", "-", "new"],
        ["fid", "20", "25", "+5", "+25", "%"],
        ["fid", "1", "-"],
    ]
    assert [row[0] for row in rows[3:]] == sorted(PARAMS["summary"])
    heads = [line.split()[0] for line in done.stdout.splitlines() if line and line[0] != " "]
    assert heads[1:] == ["runs/a", "runs/gone", "summary"]
    assert fits(done.stdout)


def test_compare_finds_no_change_where_there_is_none(compared):
    assert script(compared, "-m", "scripts.compare", "HEAD", "HEAD").stdout == (
        f"0 of {len(PARAMS['summary']) + 5} figures differ between HEAD and HEAD\n"
    )


def test_a_bad_revision_is_one_line(compared):
    done = script(compared, "-m", "scripts.compare", "HEAD~99")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "error: no revision named 'HEAD~99' in this repository\n"


def test_names_of_today_are_kept_by_compare():
    for file in (ROOT / "metrics").rglob("*.json"):
        name = present_file(file.relative_to(ROOT).as_posix())
        assert present_file(f"metrics/{name}.json") == name
        for key in map(present_key, keyed(json.loads(file.read_text()))):
            assert present_key(key) == key


def test_dvc_and_our_own_view_of_experiments_fit_a_terminal(compared):
    diff = run(compared, "dvc", "metrics", "diff")
    assert fits(diff) and all(key in diff for key in PARAMS["summary"])
    shown = script(compared, "-m", "dvc", "exp", "show", "--no-pager", "--only-changed").stdout
    assert fits(shown) and "Experiment" in shown
    listed = script(compared, "-m", "scripts.experiments").stdout
    assert fits(listed)
    assert [line.split()[0] for line in listed.splitlines()[1:] if line] == sorted(
        PARAMS["summary"]
    )


@pytest.mark.skipif(
    not (ROOT / "metrics/summary.json").exists(), reason="the pipeline has not run yet"
)
def test_the_results_fit_a_terminal_and_name_every_headline_figure_and_run():
    said = script(ROOT, "-m", "scripts.results").stdout
    assert fits(said)
    named = {*PARAMS["summary"], *PARAMS["runs"], *PARAMS["runs_with_guide"]}
    assert named <= set(said.split())


def test_results_that_are_missing_are_one_line(tmp_path):
    done = script(tmp_path, "-m", "scripts.results")
    assert done.stderr == "error: metrics/leaderboard.csv: not found; `dvc repro` makes it\n"


def test_the_drawing_has_every_stage_but_those_that_all_depend_on():
    said = script(ROOT, "-m", "scripts.dag").stdout
    assert fits(said)
    assert set(re.findall(r"\w+", said)) == set(DVC["stages"]) - set(HIDDEN)


@pytest.mark.parametrize("name", [file.stem for file in sorted((ROOT / "scripts").glob("*.py"))])
def test_every_script_that_is_a_command_tells_how_it_is_called(name):
    if "argparse" in (ROOT / f"scripts/{name}.py").read_text():
        assert script(ROOT, "-m", f"scripts.{name}", "--help").stdout.startswith(
            f"usage: {name}.py"
        )
