"""The numbers of the HTML page and of DVC's commands are those of the results."""

import json
import re

import numpy
import pandas
import pytest
import torch
from ruamel.yaml import YAML

from scorefield.pipeline.stage_key import locked
from scorefield.plots.filmstrip import filmstrip
from tests.helpers.project import ROOT, commit, copied, run

PAGE, SUMMARY = ROOT / "plots/report.html", ROOT / "metrics/summary.json"
made = pytest.mark.skipif(not PAGE.exists(), reason="the pipeline has not run yet")
summed = pytest.mark.skipif(not SUMMARY.exists(), reason="the pipeline has not run yet")


def of_page() -> dict[str, dict]:
    """The figures of every run that the page carries."""
    block = re.search(
        r'<script type="application/json" id="figures">(.*?)</script>', PAGE.read_text(), re.S
    )
    return json.loads(block[1])


def of_files(metrics: dict[str, dict]) -> dict[str, dict]:
    """Figures by the file of metrics, as DVC prints them."""
    return {path: found.get("data", found) for path, found in metrics.items()}


def printed(*command: str):
    """What a command of DVC prints as JSON; after it may come a remark."""
    return json.JSONDecoder().raw_decode(run(ROOT, "dvc", *command, "--json"))[0]


@made
def test_the_page_has_the_numbers_of_every_run_and_of_the_leaderboard():
    shown = of_page()
    files = (ROOT / "metrics/runs").glob("*.json")
    assert shown == {file.stem: json.loads(file.read_text()) for file in files}
    table = pandas.read_csv(ROOT / "metrics/leaderboard.csv").set_index("run")
    for name in table.index.intersection(list(shown)):
        assert not str(table.loc[name, "note"]).startswith("refused")
        for key in ("fid", "fid_low", "fid_high", "kid", "precision", "recall"):
            assert table.loc[name, key] == pytest.approx(shown[name][key], rel=1e-5, abs=1e-12)


@summed
def test_dvc_shows_the_summary_and_no_other_metric():
    summary = {"metrics/summary.json": json.loads(SUMMARY.read_text())}
    assert of_files(printed("metrics", "show")[""]["data"]) == summary
    workspace = printed("exp", "show")[0]
    assert workspace["rev"] == "workspace"
    assert of_files(workspace["data"]["metrics"]) == summary


@summed
def test_dvc_metrics_diff_between_two_commits_has_the_figures_that_changed(tmp_path):
    project, before = copied(tmp_path, tiny=False), json.loads(SUMMARY.read_text())
    commit(project)
    changed = {key: before[key] + 1 for key in [*before][:2]}
    (project / "metrics/summary.json").write_text(json.dumps(before | changed))
    commit(project)
    found = json.loads(run(project, "dvc", "metrics", "diff", "--json", "HEAD~1", "HEAD"))
    (changes,) = found.values()
    assert {key: change["old"] for key, change in changes.items()} == {
        key: before[key] for key in changed
    }
    assert all(change["diff"] == pytest.approx(1) for change in changes.values())


@made
def test_the_page_names_the_state_of_the_lock_it_was_made_from():
    lock = YAML(typ="safe").load(ROOT / "dvc.lock")
    assert locked(lock, "report") in PAGE.read_text()


def test_the_sliders_get_every_pixel_of_the_frames_of_a_filmstrip(tmp_path):
    from report.gallery import FRAME, pixels

    frames = 2 * torch.rand(5, 8, 1, 28, 28, generator=torch.Generator().manual_seed(0)) - 1
    filmstrip(frames, str(tmp_path / "film.png"), [f"t = {i}" for i in range(5)], "a title\nof two")
    film = torch.tensor(numpy.array(pixels(str(tmp_path / "film.svg")))[..., 0]) / 127.5 - 1
    side = 28 + FRAME
    assert film.shape == (8 * side, 5 * side)
    tiles = film.unflatten(0, (8, side)).unflatten(2, (5, side))[:, 1:-1, :, 1:-1]
    assert (tiles.permute(2, 0, 1, 3) - frames[:, :, 0]).abs().max() < 0.03  # 256 colours


def test_findings_of_an_entry_that_was_deleted_are_left_out(monkeypatch):
    from report import findings, results

    from scorefield.pipeline.params import NoEntry

    with pytest.raises(NoEntry, match="no runs named 'of-yesterday'"):
        results.figures("runs/of-yesterday")
    for name in ("images", "instability", "guidance", "paths"):
        monkeypatch.setattr(findings, name, lambda: results.figures("runs/of-yesterday"))
    monkeypatch.setattr(findings, "few_steps", lambda: ["few"])
    monkeypatch.setattr(findings, "ratio", lambda: ["ratio"])
    assert findings.findings() == ["few", "ratio"]
