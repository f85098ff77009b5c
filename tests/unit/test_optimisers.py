"""Muon against torch's own and against singular values; which weights are hidden."""

import copy

import pytest
import torch
from torch import nn

import scorefield as sf
from scorefield.core.network import hidden_weights
from scorefield.core.registry import load_method, methods, module
from scorefield.core.schedule import cosine
from scorefield.experiments.training import set_rates
from scorefield.optimisers import muon as namespaced
from scorefield.optimisers.muon import Muon, muon, orthogonalised

SHAPES = [(24, 24), (12, 30), (40, 10)]
VECTORS = {key: [1, 2] for key in ("train", "train_pair", "xi")}
IMAGES = {key: [1, 1, 28, 28] for key in ("train", "train_pair", "xi")}
TOKENS = {"embed", "noise", "gate", "labels", "time.0", "time.2", "leave"}
NETS = {  # name -> (shapes, knobs, the matrices and kernels that are not hidden)
    "mlp": (VECTORS, {}, {"enter", "leave"}),
    "mlp_ensemble": (
        {"train": [1, 3, 2]},
        {"depth": 2},
        {"weight.0", "weight.3", "bias.0", "bias.1", "bias.2", "bias.3"},
    ),
    "convnet": ({"train": [1, 1, 28, 28]}, {}, {"body.0", "head.1"}),
    "unet": (
        IMAGES,
        {},
        {"conv_in", "time_embedding.linear_1", "time_embedding.linear_2", "conv_out"},
    ),
    "dit": (IMAGES, {"classes": 3, "stem": 0}, TOKENS),
    "dit with stem": (
        IMAGES,
        {"classes": 3, "stem": 8},
        TOKENS | {"last"}
        | {f"{side}.{part}" for side in ("before", "after") for part in ("first", "shift", "second")},
    ),
    "ratio_mlp": (VECTORS, {}, {"x.enter", "head.3"}),
    "ratio_conv": (IMAGES, {}, {"x.convolutions.0", "head.3"}),
}  # fmt: skip


def computes_in(monkeypatch, half: bool) -> None:
    monkeypatch.setattr(module("optimisers", "muon"), "bfloat16_pays", lambda device: half)


def built(name: str) -> nn.Module:
    shapes, knobs, _ = NETS[name]
    return load_method("nets", name.split()[0])(shapes, cosine(), **knobs)


def weights(*shapes: tuple[int, ...]) -> list[nn.Parameter]:
    return [nn.Parameter(torch.randn(shape)) for shape in shapes]


def moved(optimiser, weights, gradients) -> list[torch.Tensor]:
    """The weights after a step for each list of gradients."""
    for given in gradients:
        for weight, gradient in zip(weights, given, strict=True):
            weight.grad = None if gradient is None else gradient.clone()
        optimiser.step()
    return [weight.detach() for weight in weights]


def polynomial(x: torch.Tensor, iterations: int) -> torch.Tensor:
    """What published Newton-Schulz iterations make of matrices, on their singular values alone."""
    u, s, v = torch.linalg.svd(x, full_matrices=False)
    s = s / s.square().sum(-1, keepdim=True).sqrt()
    for _ in range(iterations):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return u * s[..., None, :] @ v


def test_matrices_step_as_by_torchs_muon(monkeypatch):
    """Several of one shape together; torch's computes in bfloat16."""
    computes_in(monkeypatch, half=True)
    mine = weights(*SHAPES, *SHAPES)
    theirs, before = copy.deepcopy(mine), copy.deepcopy(mine)
    gradients = [[torch.randn_like(each) for each in mine] for _ in range(4)]
    given = {"lr": 0.1, "weight_decay": 0.2, "momentum": 0.9}
    found = moved(Muon(mine, **given), mine, gradients)
    expected = moved(torch.optim.Muon(theirs, **given), theirs, gradients)
    for ours, other, start in zip(found, expected, before, strict=True):
        assert (ours - other).norm() < 0.01 * (other - start).norm()


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("shape", SHAPES)
def test_the_first_step_is_the_published_polynomial_of_the_gradients_singular_values(
    shape, monkeypatch
):
    computes_in(monkeypatch, half=False)
    (weight,) = weights(shape)
    start, gradient = weight.detach().clone(), torch.randn(shape)
    (found,) = moved(Muon([weight], 0.1, iterations=4), [weight], [[gradient]])
    factor = 0.1 * max(1, shape[0] / shape[1]) ** 0.5
    torch.testing.assert_close(found, start - factor * polynomial(gradient, 4))


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", [(6, 4, 3, 3), (40, 3, 3, 3), (8, 4, 1, 1)])
def test_a_kernel_steps_as_the_matrix_of_its_outputs_and_all_its_inputs(shape, layout, monkeypatch):
    computes_in(monkeypatch, half=False)
    kernel = nn.Parameter(torch.randn(shape).to(memory_format=layout))
    flat = nn.Parameter(kernel.detach().reshape(shape[0], -1).clone())
    gradients = [[torch.randn(shape).to(memory_format=layout)] for _ in range(3)]
    (found,) = moved(Muon([kernel], 0.1, 0.2), [kernel], gradients)
    rows = [[each.reshape(flat.shape)] for (each,) in gradients]
    (expected,) = moved(Muon([flat], 0.1, 0.2), [flat], rows)
    torch.testing.assert_close(found.reshape(flat.shape), expected)
    assert found.is_contiguous(memory_format=layout)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("shape", [(5, 4, 9), (3, 9, 4)])
def test_a_stack_steps_as_its_matrices(shape, monkeypatch):
    computes_in(monkeypatch, half=False)
    (stack,) = weights(shape)
    parts = [nn.Parameter(part.clone()) for part in stack.detach()]
    gradients = [[torch.randn(shape)] for _ in range(3)]
    (found,) = moved(Muon([stack], 0.1, 0.2), [stack], gradients)
    for i, part in enumerate(parts):
        (expected,) = moved(Muon([part], 0.1, 0.2), [part], [[each[i]] for (each,) in gradients])
        torch.testing.assert_close(found[i], expected)


@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("shape", [(2, 32, 32), (1, 16, 64), (1, 64, 16)])
def test_five_iterations_bring_singular_values_into_the_published_interval(
    shape, half, monkeypatch
):
    """.7 to 1.2, to the rounding of bfloat16; here they begin within a factor of 10."""
    computes_in(monkeypatch, half)
    u, s, v = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    spread = torch.linspace(0.1, 1, s.shape[-1])
    found = torch.linalg.svdvals(orthogonalised(u * spread @ v, 5))
    assert found.min() > 0.66 and found.max() < 1.23


def test_weights_without_a_gradient_stay_and_the_others_step_as_without_them():
    both = weights((8, 5), (8, 5))
    alone, start = copy.deepcopy(both[:1]), both[1].detach().clone()
    gradients = [[torch.randn(8, 5), None] for _ in range(2)]
    found = moved(Muon(both, 0.1, 0.2), both, gradients)
    expected = moved(Muon(alone, 0.1, 0.2), alone, [each[:1] for each in gradients])
    assert torch.equal(found[1], start)
    torch.testing.assert_close(found[0], expected[0])


@pytest.mark.parametrize("shape", [(8, 5), (2, 8, 5), (8, 5, 3, 3)])
def test_with_a_gradient_of_zero_weight_decay_alone_scales_a_weight(shape):
    (weight,) = weights(shape)
    start = weight.detach().clone()
    (found,) = moved(Muon([weight], 0.1, 0.2), [weight], [[torch.zeros(shape)]] * 2)
    torch.testing.assert_close(found, (1 - 0.1 * 0.2) ** 2 * start)


@pytest.mark.parametrize("name", NETS)
def test_hidden_are_all_matrices_but_the_first_the_last_and_the_embeddings(name):
    net, outer = built(name), NETS[name][2]
    hidden = {id(weight) for weight in hidden_weights(net)}
    every = {key: each for key, each in net.named_parameters() if each.ndim > 1}
    left = {key.removesuffix(".weight") for key, each in every.items() if id(each) not in hidden}
    assert left == outer
    assert len(hidden) == len(every) - len(outer) > 0


@pytest.mark.parametrize("optimiser", methods("optimisers"))
@pytest.mark.parametrize("name", NETS)
def test_each_weight_has_one_optimiser(name, optimiser):
    net = built(name)
    made = load_method("optimisers", optimiser)(net, 0.1)
    taken = [id(w) for each in made for group in each.param_groups for w in group["params"]]
    assert sorted(taken) == sorted(map(id, net.parameters()))


def test_all_optimisers_run_at_the_same_share_of_their_own_rates():
    hidden, others = muon(built("mlp"), 0.02, rest=0.25)
    for share in (0.5, 0.1, 1.0):
        set_rates([hidden, others], share)
        rates = [each.param_groups[0]["lr"] for each in (hidden, others)]
        assert rates == pytest.approx([0.02 * share, 0.005 * share])


def test_an_unknown_optimiser_is_told_in_one_line_with_the_nearest_name():
    points = torch.randn(20, 2)
    with pytest.raises(sf.InputError, match=r"fit\.optimiser: .* did you mean 'muon'") as error:
        sf.fit(points, optimiser="moun", progress=False)
    assert "\n" not in str(error.value)
    with pytest.raises(sf.InputError, match="no optimisers named 'adam'; did you mean 'adamw'"):
        load_method("optimisers", "adam")
    assert namespaced is muon
