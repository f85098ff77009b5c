"""The rules of the contest: scores agree with other implementations, cheating is found."""

import math

import numpy as np
import pytest
import torch
from prdc import compute_prdc
from safetensors.torch import save_file

from scorefield.core import params
from scorefield.core.errors import InputError
from scorefield.core.files import WEIGHTS
from scorefield.guidance.ready import checked, given
from scorefield.lab import rules
from scorefield.lab.rules import evaluator, objection, ranks
from scorefield.metrics.bootstrap import bootstrap
from scorefield.metrics.copies import copied, copies
from scorefield.metrics.fidelity import compared, distance
from scorefield.metrics.support import support


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def test_precision_recall_density_and_coverage_are_those_of_naeem_et_al(generator):
    draw = lambda n, scale: scale * torch.randn(n, 12, generator=generator, dtype=torch.float64)
    fake, real = draw(700, 0.8) + 0.3, draw(500, 1.0)
    theirs = compute_prdc(real.numpy(), fake.numpy(), nearest_k=5)
    ours = compared(fake, real, neighbours=5, kid_subsets=2, kid_subset_size=400)
    ours |= support(fake, real, 5)
    for key, value in theirs.items():
        assert ours[key] == pytest.approx(value, abs=1e-6), key


def test_equal_laws_have_density_1_and_coverage_1_less_half_to_the_neighbours(generator):
    """Naeem et al. 2020: coverage tends to 1 - 2^-k, density has expectation 1."""
    draw = lambda: torch.randn(2000, 4, generator=generator, dtype=torch.float64)
    found = support(draw(), draw(), 3)
    assert found["density"] == pytest.approx(1, abs=0.05)
    assert found["coverage"] == pytest.approx(1 - 2**-3, abs=0.02)


def test_the_bootstrap_tells_how_much_fid_varies_between_draws(generator):
    draw = lambda n: torch.randn(n, 6, generator=generator, dtype=torch.float64)
    real = draw(1000)
    drawn = [0.9 * draw(400) + 0.2 for _ in range(120)]
    true = np.std([distance(fake, real) for fake in drawn])
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
        ({"evaluator": "old"}, "refused: scored by evaluator old, which is now now"),
        ({"agreement": 0.9}, "unranked: drawn to match test images"),
    ],
    ids=str,
)
def test_what_is_not_ranked_says_why_in_one_line(cheat, told):
    assert objection(FAIR | cheat, "now") == told


def test_runs_that_cannot_be_told_apart_share_a_rank():
    low, high = [1.0, 1.5, 3.0, 2.9, 9.0], [2.0, 2.5, 4.0, 3.1, 9.5]
    assert ranks(low, high) == [1, 1, 3, 3, 5]


def test_the_evaluator_changes_with_reference_judge_code_and_numbers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = tmp_path / "package/metrics/images.py"
    for file in (code, tmp_path / "models/judge" / WEIGHTS, tmp_path / "data/mine.safetensors"):
        file.parent.mkdir(parents=True)
    monkeypatch.setattr(rules, "SOURCE", tmp_path / "package")
    monkeypatch.setattr(params, "section", lambda name: numbers)
    spec, numbers = {"judge": "judge", "data": "mine"}, {"neighbours": 3}
    test, seen = torch.zeros(2, 1, 2, 2, dtype=torch.uint8), set()
    data = {"test": test, "test_labels": torch.zeros(2), "train": test.clone()}

    def told() -> str:
        save_file(data, "data/mine.safetensors")
        return evaluator(spec)

    code.write_text("a = 1\n")
    (tmp_path / "models/judge" / WEIGHTS).write_bytes(b"weights")
    seen.add(told())
    data["train"] = test + 2
    assert told() in seen, "training data do not decide a score"
    data["test"] = test + 1
    seen.add(told())
    code.write_text("a = 2\n")
    seen.add(told())
    (tmp_path / "models/judge" / WEIGHTS).write_bytes(b"others")
    seen.add(told())
    numbers["neighbours"] = 5
    seen.add(told())
    assert len(seen) == 5


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
        given({"test": torch.zeros(1, 1, 2, 2)}, 5, file=str(path), sha256="0" * 64)
