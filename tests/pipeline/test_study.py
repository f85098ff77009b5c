"""A long study is a profile that adds entries, and its committed results say how they were made."""

import json
import sys
from pathlib import Path

import pandas
import pytest
from dvc.utils.hydra import apply_overrides
from scripts.study import added, shown, words_of

from scorefield.core.errors import InputError
from scorefield.experiments.claims import STUDIES
from scorefield.pipeline.ablations import model_of
from scorefield.pipeline.params import read
from scorefield.pipeline.validation import problems
from tests.helpers.project import ROOT, commit, copied, run

CARD = {"name", "command", "revision", "hours", "hardware", "params", "entries"}
PROFILES = sorted(file.stem.removeprefix("study-") for file in ROOT.glob("profiles/study-*.txt"))
COMMITTED = sorted(path.name for path in (ROOT / STUDIES).glob("*/"))
TINY = (
    "-S +ablation.bimodal={data:bimodal,net:mlp,objective:dddm,schedule:cosine,"
    "mlp:{width:8,steps:3,batch:4},evaluator:bimodal-exact,seeds:[0,1],steps:{ddim:[1]},n:32,"
    "variants:{plain:{},beta-0.5:{dddm:{beta:0.5}}}}"
)


@pytest.fixture
def here(monkeypatch):
    monkeypatch.chdir(ROOT)


def with_profile(name: str, tmp_path: Path) -> dict:
    """params.yaml with the entries of a profile."""
    file = tmp_path / "params.yaml"
    file.write_text((ROOT / "params.yaml").read_text())
    apply_overrides(file, [word for word in words_of(name) if word != "-S"])
    return read(str(file))


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_adds_valid_entries_whose_figures_have_a_stage(name, tmp_path, here):
    params, entries = with_profile(name, tmp_path), added(words_of(name))
    assert list(problems(params)) == []
    assert all(entry in params[table] for table in entries for entry in entries[table])
    files = [Path(out).name for _, outs in shown(entries) for out in outs]
    assert files and len(set(files)) == len(files)


@pytest.mark.parametrize("name", PROFILES)
def test_every_variant_takes_as_many_rows_a_step_as_the_first(name, tmp_path, here):
    for entry in with_profile(name, tmp_path)["ablation"].values():
        rows = {variant: rows_a_step(model_of(entry, variant)) for variant in entry["variants"]}
        first = next(iter(rows.values()))
        assert rows == pytest.approx(dict.fromkeys(rows, first), rel=0.01)


def rows_a_step(model: dict) -> float:
    """A DDDM makes m draws for each x_t, but one below its time `mse`."""
    net, dddm = model.get(model["net"], {}), model.get("dddm", {})
    if model["objective"] != "dddm":
        return net.get("batch", 128)
    share = dddm.get("mse", 0.0)
    return net["batch"] * (share + (1 - share) * dddm.get("m", 8))


@pytest.mark.parametrize("name", COMMITTED)
def test_a_committed_study_has_a_profile_a_card_and_the_figures_of_its_entries(name, here):
    card = json.loads((STUDIES / name / "card.json").read_text())
    assert card.keys() == CARD and card["hours"] > 0 and name in PROFILES
    assert card["entries"] == added(words_of(name))
    for _, outs in shown(card["entries"]):
        assert all((STUDIES / name / Path(out).name).exists() for out in outs)


@pytest.mark.parametrize("name", COMMITTED)
def test_the_card_of_a_committed_study_has_the_entries_of_its_profile(name, tmp_path, here):
    params = json.loads((STUDIES / name / "card.json").read_text())["params"]
    now = with_profile(name, tmp_path)
    for table, entries in added(words_of(name)).items():
        assert {entry: params[f"{table}.{entry}"] for entry in entries} == {
            entry: now[table][entry] for entry in entries
        }


def test_a_study_without_a_profile_is_told_in_one_line(here):
    with pytest.raises(InputError, match=r"profiles/study-dddm.txt: not found; there are .*dddm-p"):
        words_of("dddm")


def test_a_tiny_study_runs_in_a_clone_and_does_not_run_again(tmp_path):
    project = copied(tmp_path)
    (project / "profiles/study-tiny.txt").write_text(TINY)
    commit(project)
    command = (sys.executable, "-m", "scripts.study", "tiny")
    assert "Running stage 'ablation@bimodal'" in run(project, *command)
    folder = project / "studies/tiny"
    names = {"bimodal.csv", "bimodal.json", "bimodal.png", "bimodal.svg", "card.json"}
    assert {file.name for file in folder.iterdir()} == names
    table = pandas.read_csv(folder / "bimodal.csv")
    rows = [(name, seed) for name in ("plain", "beta-0.5", "exact") for seed in (0, 1)]
    assert list(zip(table["variant"], table["seed"], strict=True)) == rows
    card = json.loads((folder / "card.json").read_text())
    assert card["revision"] == run(project, "git", "rev-parse", "HEAD").strip()
    assert card["params"]["ablation.bimodal"]["variants"]["beta-0.5"] == {"dddm": {"beta": 0.5}}
    (folder / "bimodal.json").unlink()
    assert "Running stage" not in run(project, *command)
    assert (folder / "bimodal.json").exists()
