"""What holds of everything that takes a denoiser and returns one."""

import weakref
from itertools import product

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks

from scorefield.core.by_row import by_row
from scorefield.core.denoiser import (
    Chunk,
    Counter,
    Denoiser,
    Plain,
    counted,
    posterior_mean,
)
from scorefield.core.errors import InputError
from scorefield.core.model import Model, classes_of, shape_of
from scorefield.core.noise import streams
from scorefield.core.registry import load_method, methods
from scorefield.core.schedule import cosine, ddpm, times
from scorefield.guidance.cfg import cfg
from scorefield.guidance.ibg import ibg
from scorefield.guidance.random import random
from scorefield.guidance.ratio import ratio
from scorefield.guidance.temperature import temperature
from scorefield.nets.dit import dit
from scorefield.nets.mlp import MLP
from scorefield.samplers.ancestral import ancestral
from scorefield.samplers.ddim import ddim
from scorefield.samplers.heun import heun
from tests.helpers.laws import LabelRatio, guided, labelled, oracle, three

EVERY = methods("guidance")
APART = (
    {"submitted_samples", "cfg"},
    {"submitted_samples", "interval"},
    {"submitted_samples", "ratio"},
)  # one takes samples as the condition, one labels
PAIRS = [pair for pair in product(EVERY, EVERY) if set(pair) not in APART]
EVERYWHERE = {"low": 0.0, "high": float("inf")}
LABELS = torch.arange(6) % 3
SCORES = methods("instability")
double = pytest.mark.usefixtures("double")


def drawing_dit():
    """A network that takes labels and draws."""
    shapes = {"train": [9, 1, 8, 8], "xi": [9, 1, 8, 8]}
    net = dit(shapes, cosine(), width=16, depth=1, heads=2, patch=4, overlap=0, classes=3)
    return Model(net, cosine(), "v", [1, 8, 8], draws=True)


@double
@pytest.mark.parametrize("outer, inner", PAIRS)
def test_every_guidance_of_every_other_keeps_schedule_and_draws_and_samples(outer, inner):
    base = labelled()
    both = guided(outer, guided(inner, base))
    assert isinstance(both, Denoiser)
    assert both.schedule is base.schedule and both.draws is False
    assert (classes_of(both), shape_of(both)) == (3, (2,))
    condition = torch.randn(6, 2) if "submitted_samples" in (outer, inner) else LABELS
    (bound,) = Chunk(streams(0, range(6)), condition).bind(both)
    assert bound.schedule is base.schedule and bound.draws is False
    *_, x = ddim(bound, torch.randn(6, 2), times(4))
    assert x.isfinite().all()


@pytest.mark.parametrize("name", EVERY)
def test_of_a_denoiser_that_draws_guidance_keeps_draws_averages_or_refuses(name):
    base = drawing_dit()
    draws = {"plain": True, "cfg": True, "interval": True, "autoguidance": True}
    draws |= {"mean": False, "submitted_samples": False}
    if name in draws:
        made = guided(name, base, scale=1.0)
        assert made.draws is draws[name] and made.schedule is base.schedule
        assert made.draws == Chunk(condition=LABELS).bind(made)[0].draws
    else:
        with pytest.raises(InputError, match=r"needs the posterior mean.*guidance: mean"):
            guided(name, base)


@double
def test_a_temperature_of_ibg_of_a_mixture_samples_by_heun():
    made = temperature(ibg(three().denoiser(cosine()), scale=0.3), scale=0.2)
    *_, x = heun(made, torch.randn(50, 2), times(12))
    nearest = torch.cdist(x, three().mean).min(1).values
    assert nearest.max() < 5 and not torch.equal(x[0], x[1])


def test_heun_refuses_cfg_of_a_model_that_draws_before_its_first_step():
    counter = Counter()
    made = cfg(counted(drawing_dit(), counter), scale=1.0)
    with pytest.raises(InputError, match="heun needs the posterior mean"):
        heun(made, torch.randn(3, 1, 8, 8), times(3))
    assert counter.calls == 0


@double
@pytest.mark.parametrize("scale", [0.0, 0.7, 1.0, 3.0])
def test_ratio_guidance_by_the_true_ratio_of_labels_is_that_without_a_classifier(scale):
    """Bayes: grad log p(y | x_t) is the difference of the scores with and without the label."""
    law, schedule, x = three(), ddpm(), torch.randn(6, 2)
    tilted = ratio(law.denoiser(schedule), LabelRatio(law, schedule), scale=scale)
    ours, theirs = Chunk(condition=LABELS).bind(tilted, cfg(labelled(), scale=scale))
    for t in (0.2, 0.5, 0.8):
        torch.testing.assert_close(ours(x, t), theirs(x, t))


CALLS = {"plain": 1, "cfg": 2, "mean": 1, "random": 1, "minus_score": 1, "temperature": 1}
CALLS |= {"autoguidance": 2, "interval": 2}
CALLS |= {"sgms": 3, "mue": 7, "ibg": 7, "ratio": 2, "submitted_samples": 0}


@double
@pytest.mark.parametrize("sampler, evaluations", [(ddim, 5), (heun, 9)])
@pytest.mark.parametrize("name", EVERY)
def test_every_network_call_of_a_guided_sampler_is_counted(name, sampler, evaluations):
    """The docstrings' numbers; IBG with 3 probes of the Frobenius score, 2 calls each."""
    counter = Counter()
    knobs = EVERYWHERE | ({"probes": 3} if name == "ibg" else {"scale": 0.5})
    made = guided(name, counted(labelled(), counter), counter, **knobs)
    condition = torch.randn(6, 2) if name == "submitted_samples" else LABELS
    (bound,) = Chunk(streams(0, range(6)), condition).bind(made)
    list(sampler(bound, torch.randn(6, 2), times(5)))
    assert counter.calls == CALLS[name] * evaluations


@double
def test_the_mean_of_a_denoiser_that_draws_counts_each_of_its_draws():
    counter = Counter()
    mean = posterior_mean(counted(oracle(three(), cosine(), draws=True), counter), 8)
    list(ddim(mean, torch.randn(4, 2), times(5)))
    assert counter.calls == 8 * 5


def test_averages_rows_and_counts_keep_the_schedule_and_what_is_drawn():
    for draws in (False, True):
        base = oracle(three(), cosine(), draws=draws)
        for made, drawn in (
            (by_row(base), draws),
            (counted(base, Counter()), draws),
            (posterior_mean(base), False),
            (by_row(posterior_mean(counted(by_row(base), Counter()))), False),
        ):
            assert made.schedule is base.schedule and made.draws is drawn
            assert shape_of(made) == (2,)


def test_a_batch_of_10_follows_one_of_20_through_the_same_random_direction():
    base = Plain(lambda x, t: 0.5 * x, cosine())
    made, t = random(base, scale=1.0, **EVERYWHERE), 0.5
    many, few = torch.randn(20, 2), torch.randn(10, 2)
    first = made(many, t) - base(many, t)
    assert (made(few, t) - base(few, t)).abs().min() > 0
    torch.testing.assert_close(made(many, 0.7) - base(many, 0.7), first * directed(0.7, 0.5))


def directed(t, s):
    """The ratio of sigma / alpha at two times of the cosine schedule."""
    return (torch.tensor(t) * torch.pi / 2).tan() / (torch.tensor(s) * torch.pi / 2).tan()


def test_the_direction_of_a_sample_depends_on_the_seed_and_its_number_alone():
    base, t = Plain(lambda x, t: 0.5 * x, cosine()), 0.5
    made, x = random(base, scale=1.0, **EVERYWHERE), torch.randn(20, 2)
    (whole,) = Chunk(streams(3, range(20))).bind(made)
    (late,) = Chunk(streams(3, range(10, 20))).bind(made)
    for _ in range(3):
        assert torch.equal(late(x[10:], t), whole(x, t)[10:])


@double
@pytest.mark.parametrize("name", ["plain", "mean", "random", "ibg", "mue", "sgms"])
def test_samples_do_not_depend_on_how_they_are_chunked(name):
    """Also of a model that draws, where the guidance takes it, and of an ancestral sampler."""
    base = oracle(three(), cosine(), draws=name in ("plain", "mean"))

    def drawn(*indices):
        randn = streams(5, indices)
        (bound,) = Chunk(randn).bind(guided(name, base))
        *_, x = ancestral(bound, randn(torch.empty(len(indices), 2)), times(6), randn)
        return x

    parts = torch.cat([drawn(0), drawn(*range(1, 5)), drawn(*range(5, 9))])
    torch.testing.assert_close(drawn(*range(9)), parts, rtol=1e-9, atol=1e-9)
    assert not torch.isclose(parts[:-1], parts[1:]).any()


def test_a_denoiser_that_is_given_twice_is_bound_once():
    class Asked(Plain):
        def bind(self, chunk):
            bound.append(chunk)
            return Plain(self.function, self.schedule)

    bound, chunk = [], Chunk()
    one, other = (Asked(lambda x, t: x, cosine()) for _ in range(2))
    first, between, last = chunk.bind(one, other, one)
    assert first is last and first is not between and bound == [chunk, chunk]


@pytest.mark.parametrize("sampler", [ddim, heun, ancestral])
def test_fifty_steps_of_ibg_keep_no_graph_and_nothing_of_earlier_steps(sampler):
    """Of a network whose weights want gradients, and nobody switched them off."""
    saved = weakref.WeakSet()

    class Kept:
        def __init__(self, tensor):
            self.tensor = tensor
            saved.add(self)

    made = ibg(Model(MLP(2, 16, 1), cosine(), "v", [2]), probes=1, scale=0.1, **EVERYWHERE)
    earlier, start = [], torch.randn(4, 2)
    with saved_tensors_hooks(Kept, lambda kept: kept.tensor):
        for x in sampler(made, start, times(50)):
            assert x.grad_fn is None and not x.requires_grad and torch.is_grad_enabled()
            assert not saved and not any(ref() is not None for ref in earlier[:-1])
            earlier.append(weakref.ref(x))
    assert len(earlier) == 50


def of_coordinates(name, found):
    """A plain score from that of every coordinate."""
    whole = found.flatten(1)
    if name == "martingale":
        return torch.linalg.vector_norm(whole, dim=1)
    return whole.mean(1) if name in ("original", "frobenius") else whole.sum(1)


@pytest.mark.parametrize("name", [name for name in SCORES if name != "eigenvalue"])
@pytest.mark.parametrize("shape", [(2,), (1, 8, 8)])
def test_a_score_of_pixels_sums_or_averages_to_the_plain_one(name, shape):
    """Of all but the eigenvalue, which belongs to the whole."""
    score = load_method("instability", name)
    denoiser, x = Plain(lambda x, t: (3 * x).tanh(), cosine()), torch.randn(5, *shape)
    pixels, plain = (
        score(denoiser, x, 0.4, streams(1, range(5)), per_pixel) for per_pixel in (True, False)
    )
    assert pixels.shape == x.shape and plain.shape == (5,)
    torch.testing.assert_close(of_coordinates(name, pixels), plain)


@pytest.mark.parametrize("name", SCORES)
def test_a_score_refuses_a_denoiser_that_draws(name):
    score = load_method("instability", name)
    for drawn in (oracle(three(), cosine(), draws=True), three().denoiser(cosine(), draws=True)):
        with pytest.raises(InputError, match="needs the posterior mean"):
            score(by_row(drawn), torch.randn(3, 2), 0.5)
