"""Scores are bound to their samples, and an edited score or leaderboard is found."""

import json

import pandas
import pytest
from scripts import audit

from scorefield.core.errors import InputError
from scorefield.leaderboard.binding import locked, unbound
from scorefield.pipeline.dvc_hash import dvc_hash

SCORES, SAMPLES = "metrics/runs/mine.json", "samples/mine.safetensors"


@pytest.fixture
def scored(tmp_path, monkeypatch):
    """A folder with samples, their scores, and a dvc.lock of both."""
    monkeypatch.chdir(tmp_path)
    for path in (SCORES, SAMPLES):
        (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / SAMPLES).write_bytes(b"samples")
    write({"fid": 9.0, "samples": dvc_hash(SAMPLES)})
    lock()


def write(figures: dict) -> None:
    with open(SCORES, "w") as file:
        json.dump(figures, file)


def lock() -> None:
    """What `dvc commit -f` does."""
    outs = [{"path": path, "md5": dvc_hash(path)} for path in (SCORES, SAMPLES)]
    with open("dvc.lock", "w") as file:
        stages = {"evaluate@mine": {"cmd": "score", "outs": outs}, "report": {"cmd": "show"}}
        json.dump({"schema": "2.0", "stages": stages}, file)
    locked.cache_clear()


def told() -> str:
    with open(SCORES) as file:
        return unbound("mine", json.load(file))


def test_scores_of_the_samples_in_the_lock_are_bound(scored):
    assert told() == ""


def test_an_edited_score_is_not_that_of_the_lock(scored):
    write({"fid": 0.01, "samples": dvc_hash(SAMPLES)})
    assert told() == f"{SCORES} is not the file that dvc.lock names"


def test_scores_of_other_samples_are_told(scored):
    with open(SAMPLES, "wb") as file:
        file.write(b"others")
    lock()
    assert told() == "scores of other samples than those that dvc.lock names"


def test_without_a_lock_no_score_is_bound(scored, tmp_path):
    (tmp_path / "dvc.lock").unlink()
    locked.cache_clear()
    assert "dvc.lock" in told()


def test_a_broken_lock_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text in ("[", "stages: 3", "a: b"):
        (tmp_path / "dvc.lock").write_text(text)
        locked.cache_clear()
        with pytest.raises(InputError, match=r"dvc\.lock: expected what DVC writes"):
            locked()
    locked.cache_clear()


def test_figures_that_differ_by_more_than_another_machine_makes_are_told():
    kept = {"fid": 31.3, "n": 5000, "evaluator": "a"}
    assert audit.differing(kept, kept | {"fid": 31.301}) == []
    assert audit.differing(kept | {"fid": 0.01}, kept) == ["fid 0.01, again 31.3"]
    assert audit.differing(kept, kept | {"evaluator": "b"}) == ["evaluator a, again b"]
    assert audit.differing(kept, kept | {"kid": 1.0}) == ["kid None, again 1.0"]


LINES = pandas.DataFrame(
    {"run": ["a", "b"], "data": "d", "rank": [1, 2], "fid": [2.0, 9.0], "fid_low": [1.0, 8.0], "fid_high": [3.0, 10.0]}
)  # fmt: skip


def test_a_rank_that_does_not_follow_from_the_intervals_is_told():
    assert audit.rank_problems(LINES) == []
    lines = LINES.assign(rank=[1, 1])
    assert audit.rank_problems(lines) == ["metrics/leaderboard.csv: b: rank 1, expected 2"]


def test_a_line_of_the_leaderboard_that_is_not_the_score_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "metrics").mkdir()
    LINES.to_csv(audit.TABLE, index=False)
    monkeypatch.setattr(audit, "locked", lambda: {audit.TABLE: dvc_hash(audit.TABLE)})
    found = {"a": {"fid": 2.0, "fid_low": 1.0, "fid_high": 3.0}}
    assert audit.table_problems(found) == []
    assert audit.table_problems({"a": found["a"] | {"fid": 4.0}}) == [
        "metrics/leaderboard.csv: a: fid 2.0, again 4.0"
    ]
    monkeypatch.setattr(audit, "locked", dict)
    assert audit.table_problems({}) == [
        "metrics/leaderboard.csv is not the file that dvc.lock names"
    ]
