"""Samples are drawn in chunks: their bytes depend on the seed and their number alone."""

import threading
import weakref
from dataclasses import replace

import pytest
import torch

from scorefield.core.denoiser import Counter, Plain, counted, derived
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.schedule import cosine
from scorefield.experiments.sampling import Plan, sample_chunks
from scorefield.nets.mlp import MLP
from scorefield.pipeline.stage_key import scratch
from scorefield.samplers.ancestral import ancestral


def plan(seed: int = 3, draws: bool = False, conditional: bool = False) -> Plan:
    torch.manual_seed(0)
    model = Model(MLP(2, 32, 2, extra=2 * draws), cosine(), "v", [2], draws)
    condition = torch.randn(300, 2) if conditional else None
    counter = Counter()
    denoiser = counted(model, counter)
    if conditional:
        towards = lambda chunk: lambda x, t: model(x, t) + chunk.condition
        denoiser = counted(derived(model, towards), counter)
    return Plan(denoiser, ancestral, (2,), 5, seed, torch.device("cpu"), counter, condition)


@pytest.mark.parametrize("kind", [{}, {"draws": True}, {"conditional": True}], ids=str)
def test_chunks_agree_within_rounding(kind, tmp_path):
    """And over ranks to the byte: tests/services/test_ranks.py."""
    draw = lambda name, chunk: sample_chunks(plan(**kind), 300, tmp_path / name, chunk=chunk)
    whole, parts = draw("whole", 500), draw("parts", 64)
    torch.testing.assert_close(whole.samples, parts.samples, rtol=1e-5, atol=1e-5)
    assert whole.nfe == parts.nfe == whole.steps == 5


def test_a_chunk_too_large_for_the_device_is_halved_and_what_it_held_is_let_go(tmp_path):
    whole, held = sample_chunks(plan(), 300, tmp_path / "whole", chunk=300), []
    roomy = plan()

    def crowded(x, t):
        assert not any(alive() is not None for alive in held), "a failed attempt is still held"
        if len(x) > 100:
            held.append(weakref.ref(x))
            raise torch.OutOfMemoryError
        return roomy.denoiser(x, t)

    full = replace(roomy, denoiser=Plain(crowded, cosine()))
    found = sample_chunks(full, 300, tmp_path / "halved", chunk=300)
    assert len(held) == 3  # 300, and 150 twice
    torch.testing.assert_close(whole.samples, found.samples, rtol=1e-5, atol=1e-5)
    assert whole.nfe == found.nfe


def test_samples_that_are_not_finite_are_refused(tmp_path):
    astray = replace(plan(), denoiser=Plain(lambda x, t: x / 0 * 0, cosine()))
    with pytest.raises(InputError, match="samples are not finite: the model diverged"):
        sample_chunks(astray, 10, tmp_path, chunk=10)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_another_seed_draws_other_samples(tmp_path):
    one, two = (sample_chunks(plan(s), 50, tmp_path / str(s), chunk=50).samples for s in (1, 2))
    assert not torch.isclose(one, two).any(1).any()


def test_who_comes_second_to_the_same_work_waits_and_begins_afresh(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    order = []

    def second():
        with scratch("key") as folder:
            order.append(("second", [*folder.iterdir()]))

    thread = threading.Thread(target=second)
    with scratch("key") as folder, scratch("other"):
        (folder / "half").touch()
        thread.start()
        thread.join(0.5)
        order.append(("first", [*folder.iterdir()]))
    thread.join()
    assert order == [("first", [folder / "half"]), ("second", [])]
    with pytest.raises(RuntimeError), scratch("key") as folder:
        (folder / "half").touch()
        raise RuntimeError
    assert (folder / "half").exists(), "what failed goes on from here"
