"""The rules of the contest: scores agree with other implementations, cheating is found."""

import math

import numpy as np
import pandas
import pytest
import torch
from prdc import compute_prdc
from safetensors.torch import save_file

from scorefield.core import params
from scorefield.core.errors import InputError
from scorefield.core.files import WEIGHTS
from scorefield.guidance.ready import checked, condition
from scorefield.lab import closure, evaluator_hash, standings
from scorefield.lab.rules import held, leaked, objection, ranks
from scorefield.metrics.bootstrap import bootstrap
from scorefield.metrics.copies import copied, copies
from scorefield.metrics.density_coverage import density_coverage
from scorefield.metrics.fidelity import fid, precision_recall


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def test_precision_recall_density_and_coverage_are_those_of_naeem_et_al(generator):
    draw = lambda n, scale: scale * torch.randn(n, 12, generator=generator, dtype=torch.float64)
    fake, real = draw(700, 0.8) + 0.3, draw(500, 1.0)
    theirs = compute_prdc(real.numpy(), fake.numpy(), nearest_k=5)
    ours = precision_recall(fake, real, 5) | density_coverage(fake, real, 5)
    for key, value in theirs.items():
        assert ours[key] == pytest.approx(value, abs=1e-6), key


def test_equal_laws_have_density_1_and_coverage_1_less_half_to_the_neighbours(generator):
    """Naeem et al. 2020: coverage tends to 1 - 2^-k, density has expectation 1."""
    draw = lambda: torch.randn(2000, 4, generator=generator, dtype=torch.float64)
    found = density_coverage(draw(), draw(), 3)
    assert found["density"] == pytest.approx(1, abs=0.05)
    assert found["coverage"] == pytest.approx(1 - 2**-3, abs=0.02)


def test_the_bootstrap_tells_how_much_fid_varies_between_draws(generator):
    draw = lambda n: torch.randn(n, 6, generator=generator, dtype=torch.float64)
    real = draw(1000)
    drawn = [0.9 * draw(400) + 0.2 for _ in range(120)]
    true = np.std([fid(fake, real) for fake in drawn])
    told = np.mean([bootstrap(fake, real, 60) for fake in drawn[:20]])
    assert told == pytest.approx(true, rel=0.2)


def test_copies_are_found_and_new_draws_are_none(generator):
    real, new = (torch.randn(900, 30, generator=generator) for _ in range(2))
    nudged = real[:300] + 0.02 * torch.randn(300, 30, generator=generator)
    assert copied(nudged, real).all() and not copied(new, real).any()
    found = copies({"pixels": torch.cat([nudged, new[:300]])}, {"pixels": real})
    assert found == {"copies": 0.5, "distinct": 600}


def test_a_copy_is_nearer_than_a_third_of_the_way_to_the_second_neighbour():
    real = torch.tensor([[0.0], [4.0]])
    assert copied(torch.tensor([[0.99], [1.01], [3.2]]), real).tolist() == [True, False, True]


def test_copies_in_any_view_count():
    views = {"pixels": torch.tensor([[1.0]]), "features": torch.tensor([[2.0]])}
    real = {"pixels": torch.tensor([[1.0], [9.0]]), "features": torch.tensor([[0.0], [4.0]])}
    assert copies(views, real)["copies"] == 1


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
        ({"fid_unguided": 9.0}, "unranked: drawn to match test images"),
    ],
    ids=str,
)
def test_what_is_not_ranked_says_why_in_one_line(cheat, told):
    assert objection(FAIR | cheat, "now") == told


def test_runs_that_cannot_be_told_apart_share_a_rank():
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
    monkeypatch.setattr(standings.params, "entry", lambda table, name: {"net": name})
    told = lambda guidance="plain", **models: standings.remark({"guidance": guidance} | models)
    assert told(model="unet") == ""
    assert told(model="unet", guide="stored") == told(model="pretrained") == standings.ELSEWHERE
    assert told("ready", model="convnet") == standings.READY


@pytest.fixture
def contest_of(tmp_path, monkeypatch):
    """A folder with two datasets that share half of their test images, and a judge."""
    monkeypatch.chdir(tmp_path)
    package, judge = tmp_path / "package", tmp_path / "models/judge"
    for folder in (package / "metrics", package / "nets", judge, tmp_path / "data"):
        folder.mkdir(parents=True)
    (package / "metrics/evaluators.py").write_text("a = 1\n")
    (package / "nets/convnet.py").write_text("b = 1\n")
    (judge / WEIGHTS).write_bytes(b"weights")
    (judge / "config.json").write_text('{"_scorefield": {"net": "convnet"}}')
    monkeypatch.setattr(evaluator_hash, "SOURCE", package)
    monkeypatch.setattr(closure, "SOURCE", package)
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


def test_the_evaluator_changes_with_images_judge_code_and_numbers(contest_of, monkeypatch):
    spec, numbers = {"judge": "judge", "data": "mine"}, {"neighbours": 3}
    monkeypatch.setattr(params, "section", lambda name: numbers)

    def hashed(spec):
        """As a process of its own finds it."""
        closure.digest.cache_clear()
        closure.imported.cache_clear()
        return evaluator_hash.evaluator_hash(spec)

    seen = [hashed(spec)]
    assert hashed(spec) == seen[0]
    changes = {
        "package/metrics/evaluators.py": b"a = 2\n",
        "package/nets/convnet.py": b"b = 2\n",
        f"models/judge/{WEIGHTS}": b"others",
        "models/judge/config.json": b'{"_scorefield": {"net": "convnet", "numbers": {}}}',
    }
    for path, content in changes.items():
        (contest_of / path).write_bytes(content)
        seen.append(hashed(spec))
    numbers["neighbours"] = 5
    seen += [hashed(spec), hashed(spec | {"data": "other"})]
    assert len(set(seen)) == 7


SCORED = FAIR | dict.fromkeys(("kid", "precision", "recall", "density", "coverage"), 0.5)
SCORED |= {"steps": 25, "nfe": 25}


def test_the_table_ranks_what_is_fair_by_the_first_judge_and_says_why_of_the_rest(monkeypatch):
    run = {"data": "digits", "judge": "ours", "guidance": "plain", "model": "m"}
    scored = lambda value: SCORED | {"fid": value, "fid_low": value - 1, "fid_high": value + 1}
    runs = {
        "second": (run, scored(9.0)),
        "first": (run, scored(3.0)),
        "tied": (run, scored(4.0)),
        "ready": (run | {"guidance": "ready"}, scored(20.0)),
        "elsewhere": (run | {"model": "stored"}, scored(30.0)),
        "few": (run, scored(1.0) | {"n": 10, "distinct": 10}),
        "own judge": (run | {"judge": "mine"}, scored(0.0) | {"evaluator": "other"}),
        "plane": (run, {"mmd2": 0.1}),
    }
    monkeypatch.setattr(standings, "evaluator_hash", lambda spec: "now")
    monkeypatch.setattr(standings.params, "entry", lambda table, name: {"net": name})
    monkeypatch.setattr(standings, "leaked", lambda spec: 0.0)
    monkeypatch.setattr(standings, "costs", lambda spec: {"parameters": 7, "images_seen": 70})
    none = pandas.DataFrame(columns=["run", "data"])
    monkeypatch.setattr(standings, "floors", lambda judged: none)
    specs, found = ({k: v[i] for k, v in runs.items()} for i in (0, 1))
    table = standings.contest(specs, found).set_index("run")
    assert table["rank"].dropna().to_dict() == {
        "first": 1,
        "tied": 1,
        "second": 3,
        "ready": 4,
        "elsewhere": 5,
    }
    assert table["note"].loc[["first", "elsewhere"]].tolist() == ["", standings.ELSEWHERE]
    assert table["fid"].isna().to_dict()["own judge"] and "refused" in table["note"]["own judge"]
    assert table["note"]["few"] == "unranked: 10 samples, not 5000"
    assert pandas.isna(table["nfe"]["ready"]) and table["nfe"]["first"] == 25


def write(path, samples):
    save_file({"samples": samples}, path)
    return path


@pytest.mark.parametrize(
    "samples, told",
    [
        (torch.zeros(4, 1, 2, 2), "expected 5 samples, found 4"),
        (torch.zeros(5, 1, 3, 2), r"expected samples of size \[1, 2, 2\], found \[1, 3, 2\]"),
        (torch.full((5, 1, 2, 2), math.nan), "5 samples are not finite"),
        (torch.full((5, 1, 2, 2), 255.0), r"expected values in \[-1, 1\], found 255 to 255"),
    ],
    ids=str,
)
def test_broken_samples_are_refused_in_one_line(samples, told, tmp_path):
    with pytest.raises(InputError, match=told) as caught:
        checked(write(tmp_path / "samples.safetensors", samples), (1, 2, 2), 5)
    assert "\n" not in str(caught.value)


def test_a_pickle_is_refused_unread(tmp_path):
    torch.save({"samples": torch.zeros(5, 1, 2, 2)}, tmp_path / "samples.safetensors")
    with pytest.raises(InputError, match="expected a safetensors file"):
        checked(tmp_path / "samples.safetensors", (1, 2, 2), 5)


def test_a_file_that_changed_after_it_was_entered_is_refused(tmp_path):
    path = write(tmp_path / "samples.safetensors", torch.zeros(5, 1, 2, 2))
    with pytest.raises(InputError, match="changed since it was entered"):
        condition({"test": torch.zeros(1, 1, 2, 2)}, 5, file=str(path), sha256="0" * 64)
