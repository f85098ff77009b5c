"""The shapes of t: a number, (), (B,) and (B, 1, ..., 1) are one and the same to the bit."""

from functools import partial

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

from scorefield.core.by_row import by_row
from scorefield.core.denoiser import Chunk, Plain
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.registry import load_method, methods
from scorefield.core.schedule import cosine
from scorefield.guidance.cfg import cfg
from scorefield.nets.dit import dit
from scorefield.nets.exact import exact
from scorefield.nets.mlp import mlp
from scorefield.nets.mlp_ensemble import mlp_ensemble
from scorefield.nets.unet import unet
from tests.helpers.laws import SCHEDULES, guided, labelled, random_mixture, three

POINTS, MEMBERS, IMAGES = (2,), (3, 2), (1, 8, 8)
GUIDANCE = [name for name in methods("guidance") if name != "submitted_samples"]


def batches(test):
    """The test for batches of 1 to 9 rows, one time and a seed; always for 1 and for 8 rows."""
    given_any = given(st.integers(1, 9), st.floats(0.02, 0.98), st.integers(0, 2**31))
    always = example(1, 0.25, 0), example(8, 0.7, 1)
    few = settings(max_examples=4, deadline=None, derandomize=True, database=None)
    return few(given_any(always[0](always[1](test))))


def stirred(net: nn.Module) -> nn.Module:
    """With no weight at zero, and nothing to learn."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return net.eval().requires_grad_(False)


def true(shapes, law):
    """The exact network of a law, or of several side by side."""
    net = exact(
        shapes | {f"mixture.{key}": list(value.shape) for key, value in law.items()}, COSINE
    )
    net.begin({f"mixture.{key}": value for key, value in law.items()})
    return net


def of_images(shapes):
    """The exact network of random images."""
    net = exact(shapes, COSINE)
    net.begin({"train": torch.rand(*shapes["train"]) * 2 - 1})
    return net


COSINE = cosine()
SMALL = {"small": [8, 16], "layers": 1, "fold": 2, "precision": "float32"}
TINY = {"width": 16, "depth": 1, "heads": 2, "patch": 4, "overlap": 1, "precision": "float32"}
ONE = {key: getattr(three(), key) for key in ("weight", "mean", "cov")}
torch.manual_seed(0)
LAWS = [random_mixture(4, 2) for _ in range(3)]
SEVERAL = {key: torch.stack([getattr(law, key) for law in LAWS]) for key in ONE}
NETWORKS = {  # and the shape of a sample
    "mlp": (partial(mlp, width=16, depth=2), POINTS),
    "mlp_ensemble": (partial(mlp_ensemble, width=16, depth=2), MEMBERS),
    "unet": (partial(unet, **SMALL), IMAGES),
    "dit": (partial(dit, **TINY), IMAGES),
    "dit with labels": (partial(dit, classes=3, **TINY), IMAGES),
    "exact": (lambda shapes, _: true(shapes, ONE), POINTS),
    "exact images": (lambda shapes, _: of_images(shapes), IMAGES),
    "exact layouts": (lambda shapes, _: true(shapes, SEVERAL), MEMBERS),
}
DRAWING = ("mlp", "unet", "dit", "dit with labels", "exact", "exact images")


def model(name, draws=False):
    make, shape = NETWORKS[name]
    shapes = {"train": [9, *shape]} | ({"xi": [9, *shape]} if draws else {})
    torch.manual_seed(0)
    return Model(stirred(make(shapes, COSINE)), COSINE, "v", shape, draws)


def agree(call, x, t):
    """Whether a call on (x, t) says the same for one time in all its shapes; and for a time of each
    row in both of its shapes, row by row what it says for that one time."""
    ones = [1] * (x.ndim - 1)
    whole = call(x, t)
    rows = torch.full((len(x),), t)
    for same in (torch.tensor(t), torch.tensor(t, dtype=torch.float64), rows, rows.view(-1, *ones)):
        assert torch.equal(call(x, same), whole), f"t of shape {[*same.shape]}"
    apart = ((t + 0.9 * torch.arange(len(x)) / len(x)) % 1).clamp(0.02, 0.98)
    found = call(x, apart)
    assert torch.equal(call(x, apart.view(-1, *ones)), found)
    for i, one in enumerate(apart):
        assert torch.equal(call(x, one)[i], found[i]), f"row {i}"


@pytest.mark.parametrize(
    "name, draws", [(name, False) for name in NETWORKS] + [(name, True) for name in DRAWING]
)
def test_every_shape_of_t_agrees_to_the_bit_for_every_network(name, draws):
    net = model(name, draws)

    @batches
    def holds(b, t, seed):
        torch.manual_seed(seed)
        x, xi = torch.randn(2, b, *net.shape)
        labels = torch.arange(b) % 3 if net.classes else None
        agree(lambda x, t: net(x, t, xi if draws else None, labels), x, t)

    holds()


@pytest.mark.parametrize("name", ["mlp_ensemble", "exact layouts"])
def test_every_shape_of_t_agrees_to_the_bit_for_rows_of_members(name):
    """Rows (B E, D), and points (B, E, D) that `by_row` makes rows."""
    net = model(name)

    @batches
    def holds(b, t, seed):
        torch.manual_seed(seed)
        x = torch.randn(b, *net.shape)
        agree(by_row(net), x, t)
        agree(net, x.flatten(0, 1), t)
        apart = torch.rand(b) * 0.9 + 0.05
        assert torch.equal(by_row(net)(x, apart), net(x, apart))

    holds()


def of_chunk(made, condition):
    """A call that binds anew, so that all calls have the same noise."""

    def call(x, t):
        given = None if condition is None else condition[: len(x)]
        (bound,) = Chunk(streams(0, range(len(x))), given).bind(made)
        return bound(x, t)

    return call


@pytest.mark.parametrize("name", GUIDANCE)
def test_every_shape_of_t_agrees_to_the_bit_for_every_guidance(name):
    made = guided(name, labelled())

    @batches
    def holds(b, t, seed):
        torch.manual_seed(seed)
        agree(of_chunk(made, torch.arange(9) % 3), torch.randn(b, 2), t)

    holds()


def measure(name, denoiser):
    """An instability score of a denoiser as a call, with the same noise at every call."""
    score = load_method("instability", name)
    return lambda x, t: score(denoiser, x, t, streams(0, range(len(x))))


@pytest.mark.parametrize("name", methods("instability"))
def test_every_shape_of_t_agrees_to_the_bit_for_every_score(name):
    call = measure(name, model("mlp"))

    @batches
    def holds(b, t, seed):
        torch.manual_seed(seed)
        agree(call, torch.randn(b, 2), t)

    holds()


@pytest.mark.parametrize("name", ["cfg", "ibg", "sgms", "mue", "random", "temperature"])
def test_eight_images_of_eight_by_eight_pixels_have_each_their_own_time_when_guided(name):
    made = guided(name, model("dit with labels"))
    agree(of_chunk(made, torch.arange(8) % 3), torch.randn(8, 1, 8, 8), 0.5)


@pytest.mark.parametrize("name", methods("instability"))
def test_eight_images_of_eight_by_eight_pixels_have_each_their_own_time_when_scored(name):
    agree(measure(name, model("dit")), torch.randn(8, 1, 8, 8), 0.5)


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("shape", [(8, 2), (8, 3, 2), (8, 1, 8, 8)])
def test_noise_is_added_for_every_shape_of_t_alike(schedule, shape):
    """alpha x + sigma z, row by row, z of the rows' own streams."""
    x, t = torch.randn(*shape), torch.linspace(0.1, 0.9, 8)
    agree(partial(schedule.add_noise, seed=3), x, 0.4)
    z, found = streams(3, range(8))(x), schedule.add_noise(x, t, seed=3)
    for row, level, noise, noised in zip(x, t, z, found, strict=True):
        alpha, sigma = schedule(level)
        torch.testing.assert_close(noised, alpha * row + sigma * noise)


@pytest.mark.parametrize("shape", [(3,), (1, 8), (8, 2), (8, 8), (2, 4), (8, 1, 8, 8), (0,)])
def test_any_other_shape_of_t_is_refused_in_one_line(shape):
    x, t = torch.randn(8, 1, 8, 8), torch.full(shape, 0.5)
    calls = [model(name) for name in ("unet", "dit")]
    calls += [cfg(model("dit with labels")), Plain(lambda x, t: x, COSINE)]
    calls += [measure(name, model("unet")) for name in methods("instability")]
    for call in (*calls, COSINE.add_noise, COSINE.at):
        with pytest.raises(InputError) as error:
            call(x, t) if call != COSINE.at else call(t, x)
        expected = f"t: expected one time, or one for each of the 8 rows; found shape {[*shape]}"
        assert str(error.value) == expected
