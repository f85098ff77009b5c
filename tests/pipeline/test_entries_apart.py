"""Which stages run the code of entries, and what is taken from them."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from scorefield.core.errors import InputError
from scorefield.leaderboard import foreign as module
from scorefield.leaderboard.foreign import foreign, take_over
from scorefield.pipeline import params
from scorefield.pipeline.sandbox import Ended
from tests.helpers.project import ROOT

DONE = Ended("", "", 1.0)


@pytest.mark.parametrize("file, stages", [
    ("samplers/ddim", {"sample@digits-ddim"}), ("nets/unet", {"sample@digits-ddim", "train@digits-ddpm"}),
    ("objectives/ddpm", {"train@digits-ddpm"}), ("samplers/heun", set()), ("nets/convnet", set()),
])  # fmt: skip
def test_stages_that_run_a_method_or_a_network_of_an_entry_run_apart(file, stages, monkeypatch):
    """As if a file of the project were that of an entry."""
    monkeypatch.chdir(ROOT)
    params.load.cache_clear()
    monkeypatch.setattr(module, "entered", lambda: {"mine": [f"src/scorefield/{file}.py", "mine"]})
    every = ("sample@digits-ddim", "train@digits-ddpm", "evaluate@digits-ddim", "sample@rare-ibg")
    found = {
        each for each in every if foreign(f"stages/{each.split('@')[0]}.py", each.split("@")[1])
    }
    assert found == stages


def test_without_entries_nothing_runs_apart(monkeypatch):
    monkeypatch.setattr(module, "entered", dict)
    assert not foreign("stages/train.py", "digits-ddpm")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("copy/samples", "copy/models/mine"):
        (tmp_path / folder).mkdir(parents=True)
    return Path("copy")


def drawn(**changes: torch.Tensor) -> None:
    made = {"samples": torch.zeros(2, 1, 4, 4), "frames": torch.zeros(1, 2, 1, 4, 4)}
    made |= {"nfe": torch.tensor(3), "steps": torch.tensor(3)} | changes
    save_file(made, "copy/samples/mine.safetensors")


def test_samples_are_taken_over(place):
    drawn()
    take_over("sample", "mine", place, DONE)
    assert load_file("samples/mine.safetensors")["nfe"] == 3


@pytest.mark.parametrize("changes, said", [
    ({"source": torch.zeros(2)}, "expected frames, nfe, samples, steps"),
    ({"samples": torch.full((2, 1, 4, 4), torch.nan)}, "samples are not finite"),
])  # fmt: skip
def test_samples_with_more_or_without_values_are_refused(changes, said, place):
    drawn(**changes)
    with pytest.raises(InputError, match=said):
        take_over("sample", "mine", place, DONE)
    assert not Path("samples/mine.safetensors").exists()


def test_a_process_that_failed_or_made_nothing_is_told(place):
    for ended, said in (
        (Ended("exit status 1", "", 1.0), "exit status 1"),
        (DONE, "without a result"),
    ):
        with pytest.raises(InputError, match=said):
            take_over("sample", "mine", place, ended)


def test_a_link_a_program_and_words_in_place_of_figures_are_refused(place):
    model = place / "models/mine"
    figures = {"steps": 3, "validation_loss": 0.5}
    (model / "curve.csv").write_text("step,loss\n1,0.5\n")
    (model / "figures.json").write_text(json.dumps(figures))
    (model / "grids").mkdir()
    for suffix in ("png", "svg"):
        (model / f"grids/000020.{suffix}").write_text("")
    take_over("train", "mine", place, DONE)
    assert json.loads(Path("models/mine/figures.json").read_text()) == figures
    assert [file.name for file in Path("models/mine/grids").iterdir()] == ["000020.png"]
    (model / "figures.json").write_text(json.dumps(figures | {"parameters": "<script>"}))
    with pytest.raises(InputError, match="expected numbers"):
        take_over("train", "mine", place, DONE)
    (model / "x.py").write_text("")
    with pytest.raises(InputError, match=r"wrote x\.py, which no train does"):
        take_over("train", "mine", place, DONE)
    (model / "x.py").unlink()
    (model / "x.json").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match=r"wrote x\.json"):
        take_over("train", "mine", place, DONE)
