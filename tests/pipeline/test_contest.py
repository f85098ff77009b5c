"""A class of twenty submissions ends in one table, and its points are those of the rules."""

import math

import pandas
import pytest

from scorefield.data.mnist import mnist
from scorefield.leaderboard.contest import FULL, NONE, fid_points, sheet
from scorefield.pipeline.sandbox import isolation
from tests.helpers import submissions
from tests.helpers.project import copied, edit, run

ROW = {
    "name": "a", "note": "", "seconds": 1.0, "report": "", "same_again": True, "networks": "",
    "fid": 9.0, "fid_low": 8.0, "fid_high": 10.0, "kid": 1.0, "precision": 0.5, "recall": 0.5, "copies": 0.0,
}  # fmt: skip


def test_points_for_fid_fall_as_its_logarithm_from_all_to_none():
    assert fid_points(FULL * 3.0, 3.0) == fid_points(0.01, 3.0) == 60
    assert fid_points(NONE * 3.0, 3.0) == fid_points(1e9, 3.0) == 0
    middle = math.sqrt(FULL * NONE) * 3.0
    assert fid_points(middle, 3.0) == pytest.approx(30)


def test_the_sheet_ranks_what_is_fair_and_leaves_the_rest_to_the_instructor():
    refused = {"name": "z", "note": "an error", "seconds": 1.0, "same_again": None}
    flagged = ROW | {"name": "c", "fid": 1.0, "note": "flagged: 90% copies"}
    other = ROW | {
        "name": "b",
        "fid": 99.0,
        "fid_low": 90.0,
        "fid_high": 108.0,
        "same_again": False,
    }
    table = sheet([refused, flagged, other, ROW], 3.0).set_index("name")
    assert table["rank"].dropna().to_dict() == {"a": 1, "b": 2}
    points = table["points_so_far"].to_dict()
    assert points["z"] == 0 and points["c"] == 16
    assert points["a"] == pytest.approx(fid_points(9.0, 3.0) + 16)
    assert points["b"] == pytest.approx(fid_points(99.0, 3.0) + 8)
    assert (table[["style_4", "report_20", "bonus_architecture", "bonus_metrics"]] == "").all(
        axis=None
    )


def test_hidden_scores_decide_where_there_are_any():
    hidden = {"hidden_fid_low": 0.0, "hidden_fid_high": 60.0, "hidden_copies": 0.0}
    rows = [
        ROW | hidden | {"hidden_fid": 50.0},
        ROW | hidden | {"name": "b", "fid": 99.0, "hidden_fid": 4.0},
    ]
    table = sheet(rows, 3.0).set_index("name")
    assert table["points_fid_60"]["b"] == 60 and table["points_fid_60"]["a"] < 60
    assert table["rank"].to_dict() == {"a": 1, "b": 1}


SCORED = {"good", "network", "noisy", "unseeded"}
TOLD = {  # of each submission that is refused or flagged
    "endless": "not finished after", "hungry": "memory", "leaver": "ended before",
    "broken": "broken.py, line", "misnamed": "runs.misnamed: missing",
    "ownevaluator": "evaluator: expected mnist-classifier", "shifter": "copy real images",
    "blender": "copy real images", "few": "expected 60 samples, found 10", "empty": "expected params.yaml",
    "pickle": "nothing is unpickled", "noyaml": "noyaml/params.yaml", "linked": "a link",
    "looker": "No such file", "digger": "mnist_data", "caller": "URLError",
}  # fmt: skip


def test_a_class_of_twenty_ends_in_one_table_without_a_hand(tmp_path):
    data = mnist(validation=2500)
    project = copied(tmp_path / "project")
    submissions.prepare(project, data)
    edit(project, submissions.small_model)
    folder = tmp_path / "submissions"
    folder.mkdir()
    submissions.write(folder, project, data)
    command = ("python", "-m", "scripts.contest", str(folder), "--seconds", "40", "--gib", "4")
    said = run(project, *command, "--samples", str(submissions.SAMPLES), "--jobs", "2")
    assert "Traceback" not in said
    table = pandas.read_csv(project / "contest/grades.csv").set_index("name")
    assert len(table) == 20 == len(SCORED) + len(TOLD)
    notes = table["note"].fillna("").to_dict()
    open_here = {"looker", "digger"} if isolation() == "none" else set()
    for name, line in TOLD.items():
        assert line in notes[name] or name in open_here, (name, notes[name])
    assert {name for name, note in notes.items() if not note} - open_here == SCORED
    assert {*table["rank"].dropna().index} - open_here == SCORED
    assert table["same_again"]["good"] and not table["same_again"]["unseeded"]
    assert table["report"]["good"] == "report.md, 5 words"
    assert table["networks"]["network"] == "network.py"
    page = (project / "contest/grades.html").read_text()
    assert all(f"<td>{name}</td>" in page for name in table.index)
