"""The rules of the leaderboard: what is not fair is found, and runs are ranked."""

import pandas
import pytest
import torch
from safetensors.torch import save_file

from scorefield.leaderboard import evaluator_hash
from scorefield.leaderboard import table as table_module
from scorefield.leaderboard.rules import held, leaked, objection, ranks
from scorefield.pipeline import code_hash, params
from scorefield.pipeline.files import WEIGHTS
from scorefield.plots import bars as bars_module

FAIR = {"n": 5000, "distinct": 5000, "copies": 0.0, "evaluator": "now"}


@pytest.mark.parametrize(
    "cheat, told",
    [
        ({}, ""),
        ({"n": 4999, "distinct": 4999}, "unranked: 4999 samples, not 5000"),
        ({"n": 5001, "distinct": 5001}, "unranked: 5001 samples, not 5000"),
        ({"copies": 1.0}, "flagged: 100.0% of the samples copy real images"),
        ({"distinct": 1000}, "flagged: only 1000 of 5000 samples differ"),
        ({"evaluator": "old"}, "refused: scored by evaluator old; that of this dataset is now now"),
        ({"evaluator": None}, "refused: scored by evaluator None; that of this dataset is now now"),
        ({"unguided_fid": 9.0}, "unranked: drawn to match test images"),
    ],
    ids=str,
)
def test_what_is_not_ranked_says_why_in_one_line(cheat, told):
    assert objection(FAIR | cheat, "now") == told


def test_runs_whose_intervals_overlap_share_a_rank():
    low, high = [1.0, 1.5, 3.0, 2.9, 9.0], [2.0, 2.5, 4.0, 3.1, 9.5]
    assert ranks(low, high) == [1, 1, 3, 3, 5]


def test_metrics_of_an_older_version_are_refused():
    assert objection({"fid": 0.1}, "now").startswith("refused: scored by evaluator of an older")


def test_a_model_that_saw_the_test_images_is_flagged():
    assert (
        objection(FAIR, "now", known=0.8)
        == "flagged: the model was trained on 80% of the test images"
    )


def test_what_was_trained_elsewhere_bears_a_note(monkeypatch):
    monkeypatch.setattr(table_module.params, "entry", lambda table, name: {"net": name})
    told = lambda guidance="plain", **models: table_module.remark({"guidance": guidance} | models)
    assert told(model="unet") == ""
    assert (
        told(model="unet", guide="submitted_model")
        == told(model="pretrained")
        == table_module.ELSEWHERE
    )
    assert told("submitted_samples", model="convnet") == table_module.SUBMITTED


@pytest.fixture
def contest_of(tmp_path, monkeypatch):
    """A folder with two datasets that share half of their test images, and an evaluator."""
    monkeypatch.chdir(tmp_path)
    package, evaluator = tmp_path / "package", tmp_path / "models/evaluator"
    for folder in (package / "metrics", package / "nets", evaluator, tmp_path / "data"):
        folder.mkdir(parents=True)
    (package / "metrics/evaluators.py").write_text("a = 1\n")
    (package / "nets/convnet.py").write_text("b = 1\n")
    (evaluator / WEIGHTS).write_bytes(b"weights")
    (evaluator / "config.json").write_text('{"_scorefield": {"net": "convnet"}}')
    monkeypatch.setattr(evaluator_hash, "SOURCE", package)
    monkeypatch.setattr(code_hash, "SOURCE", package)
    images = torch.arange(40, dtype=torch.uint8).view(10, 1, 2, 2)
    parts = {"train": images[:4], "validation": images[4:6], "test": images[6:]}
    other = {"train": images[4:8], "validation": images[:2], "test": images[8:]}
    for name, data in (("mine", parts), ("other", other)):
        save_file({k: v.clone() for k, v in data.items()}, f"data/{name}.safetensors")
    return tmp_path


def test_what_was_trained_on_is_held_against_the_test_images(contest_of, monkeypatch):
    models = {"fair": {"data": "mine"}, "cheat": {"data": "other"}}
    monkeypatch.setattr(params, "entry", lambda _, name: models[name])
    held.cache_clear()
    run = {"data": "mine", "model": "fair"}
    assert leaked(run) == 0
    assert leaked(run | {"model": "cheat"}) == leaked(run | {"guide": "cheat"}) == 0.5


def test_the_hash_of_the_evaluator_changes_with_images_network_code_and_numbers(
    contest_of, monkeypatch
):
    spec, numbers = {"evaluator": "evaluator", "data": "mine"}, {"neighbours": 3}
    monkeypatch.setattr(params, "section", lambda name: numbers)

    def hashed(spec):
        """As a process of its own finds it."""
        code_hash.digest.cache_clear()
        code_hash.imported.cache_clear()
        return evaluator_hash.evaluator_hash(spec)

    seen = [hashed(spec)]
    assert hashed(spec) == seen[0]
    changes = {
        "package/metrics/evaluators.py": b"a = 2\n",
        "package/nets/convnet.py": b"b = 2\n",
        f"models/evaluator/{WEIGHTS}": b"others",
        "models/evaluator/config.json": b'{"_scorefield": {"net": "convnet", "numbers": {}}}',
    }
    for path, content in changes.items():
        (contest_of / path).write_bytes(content)
        seen.append(hashed(spec))
    numbers["neighbours"] = 5
    seen += [hashed(spec), hashed(spec | {"data": "other"})]
    assert len(set(seen)) == 7


SCORED = FAIR | dict.fromkeys(("kid", "precision", "recall", "density", "coverage"), 0.5)
SCORED |= {"steps": 25, "nfe": 25}
TWIN = {"unguided_fid": 2.5, "unguided_fid_low": 2.0, "unguided_fid_high": 3.0}


def scored(value: float) -> dict[str, float]:
    return SCORED | {"fid": value, "fid_low": value - 1, "fid_high": value + 1}


RUN = {"data": "digits", "evaluator": "ours", "guidance": "plain", "model": "m"}
RUNS = {
    "second": (RUN, scored(9.0)),
    "first": (RUN, scored(3.0)),
    "tied": (RUN, scored(4.0)),
    "submitted_samples": (RUN | {"guidance": "submitted_samples"}, scored(20.0)),
    "elsewhere": (RUN | {"model": "submitted_model"}, scored(30.0)),
    "few": (RUN, scored(1.0) | {"n": 10, "distinct": 10}),
    "guided": (RUN, scored(1.5) | {"n": 20, "distinct": 20} | TWIN),
    "own evaluator": (RUN | {"evaluator": "mine"}, scored(0.0) | {"evaluator": "other"}),
    "edited": (RUN, scored(0.01)),
    "no network": (RUN, scored(0.5) | {"nfe": 0}),
    "points": (RUN, {"mmd2": 0.1}),
}


def test_the_table_ranks_what_is_fair_by_the_first_evaluator_and_says_why_of_the_rest(monkeypatch):
    monkeypatch.setattr(table_module, "evaluator_hash", lambda spec: "now")
    monkeypatch.setattr(table_module.params, "entry", lambda table, name: {"net": name})
    monkeypatch.setattr(table_module, "leaked", lambda spec: 0.0)
    edited = {"edited": "x is not the file that dvc.lock names"}
    monkeypatch.setattr(table_module, "unbound", lambda name, figures: edited.get(name, ""))
    monkeypatch.setattr(table_module, "costs", lambda spec: {"parameters": 7, "images_seen": 70})
    none = pandas.DataFrame(columns=["run", "data"])
    monkeypatch.setattr(table_module, "floors", lambda evaluators: none)
    specs, found = ({k: v[i] for k, v in RUNS.items()} for i in (0, 1))
    table = table_module.leaderboard(specs, found).set_index("run")
    assert table["rank"].dropna().to_dict() == {
        "first": 1,
        "tied": 1,
        "second": 3,
        "submitted_samples": 4,
        "elsewhere": 5,
    }
    assert table["note"].loc[["first", "elsewhere"]].tolist() == ["", table_module.ELSEWHERE]
    assert (
        table["fid"].isna().to_dict()["own evaluator"]
        and "refused" in table["note"]["own evaluator"]
    )
    assert table["note"]["edited"] == "refused: x is not the file that dvc.lock names"
    assert table["note"]["no network"] == "flagged: drawn without a single network call"
    assert table["note"]["few"] == "unranked: 10 samples, not 5000"
    assert pandas.isna(table["nfe"]["submitted_samples"]) and table["nfe"]["first"] == 25
    guided, twin = table.loc["guided"], table.loc["guided, unguided"]
    assert guided["n"] == twin["n"] == 20 and pandas.isna(twin["rank"])
    assert (guided["fid"], twin["fid"], twin["fid_low"]) == (1.5, 2.5, 2.0)


def test_a_panel_of_bars_has_runs_of_one_dataset_and_one_number_of_samples(monkeypatch):
    drawn = []
    monkeypatch.setattr(bars_module, "keep", lambda figure, _: drawn.extend(figure.axes))
    images = pandas.DataFrame(
        [
            ("a", "digits", 5000, 3.0, 1),
            ("b", "digits", 1000, 1.0, None),
            ("c", "digits", 5000, 4.0, 2),
        ],
        columns=["run", "data", "n", "fid", "rank"],
    )
    images = images.assign(fid_low=images["fid"] - 1, fid_high=images["fid"] + 1)
    points = pandas.DataFrame(
        {"run": ["d", "e"], "data": ["x", "y"], "n": 10, "mmd2": 0.1, "mmd2_se": 0.01}
    )
    bars_module.bars(images, points.assign(mmd2_floor=0.001), "unused")
    shown = [[label.get_text() for label in axis.get_yticklabels()] for axis in drawn]
    assert sorted(shown) == [["b"], ["c", "a"], ["d"], ["e"]]
