"""The diffusion transformer and guidance by its labels."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import layer_norm

from scorefield.core.denoiser import Chunk
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.schedule import cosine, times
from scorefield.guidance.cfg import cfg, condition
from scorefield.nets.dit import Block, dit, places
from scorefield.objectives.dddm import dddm
from scorefield.objectives.ddpm import ddpm
from scorefield.samplers.ddim import ddim

SMALL = {"width": 32, "depth": 2, "heads": 2, "patch": 4, "overlap": 1, "precision": "float32"}


def network(channels=1, extra=0, classes=0, **knobs):
    shapes = {"train": [9, channels, 8, 8]} | ({"xi": [9, extra, 8, 8]} if extra else {})
    torch.manual_seed(0)
    return dit(shapes, cosine(), classes=classes, **SMALL | knobs)


def stirred(net: nn.Module) -> nn.Module:
    """With no weight at zero."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return net.eval()


def test_adaln_zero_begins_as_the_identity_and_puts_out_zero():
    """Peebles and Xie 2023: gates and the last layer start at zero."""
    h, c = torch.randn(3, 5, 32), torch.randn(3, 32)
    assert torch.equal(Block(32, 2)(h, c), h)
    assert torch.equal(
        network()(torch.randn(3, 1, 8, 8), torch.rand(3, 1, 1, 1)), torch.zeros(3, 1, 8, 8)
    )


def test_a_block_is_that_of_torch_where_the_condition_does_nothing():
    """Unit gates and no shift make it a pre-norm transformer layer, which torch has."""
    block = stirred(Block(32, 2))
    with torch.no_grad():
        block.condition.weight.zero_()
        block.condition.bias.copy_(torch.eye(6)[[2, 5]].sum(0).repeat_interleave(32))
    gelu = nn.GELU(approximate="tanh")
    layer = nn.TransformerEncoderLayer(32, 2, 128, 0.0, gelu, 1e-6, True, norm_first=True).eval()
    attention = layer.self_attn
    pairs = [(attention.in_proj_weight, block.qkv.weight), (attention.in_proj_bias, block.qkv.bias)]
    for theirs, ours in (
        (attention.out_proj, block.joined),
        (layer.linear1, block.up),
        (layer.linear2, block.down),
    ):
        pairs += [(theirs.weight, ours.weight), (theirs.bias, ours.bias)]
    with torch.no_grad():
        for theirs, ours in pairs:
            theirs.copy_(ours)
    h = torch.randn(3, 5, 32)
    torch.testing.assert_close(block(h, torch.randn(3, 32)), layer(h), atol=1e-5, rtol=1e-5)


def test_shift_and_scale_act_on_the_normalised_tokens():
    block, h = Block(32, 2), torch.randn(2, 5, 32)
    with torch.no_grad():
        bias = block.condition.bias.view(6, 32)
        bias[3], bias[4], bias[5] = 0.5, 1.0, 1.0
    wanted = block.down(
        nn.functional.gelu(block.up(2 * layer_norm(h, [32]) + 0.5), approximate="tanh")
    )
    torch.testing.assert_close(block(h, torch.zeros(2, 32)), h + wanted, atol=1e-5, rtol=1e-4)


def test_places_tell_every_token_from_every_other():
    place = places((7, 7), 32)
    apart = torch.cdist(place, place) + torch.eye(49)
    assert apart.min() > 0.3
    torch.testing.assert_close(place.square().sum(1), torch.full((49,), 16.0))


def test_xi_is_heard_at_all_times_in_the_first_forward_that_can():
    """The gate begins open, so the noise reaches every output once the last layer is not zero."""
    net = network(extra=1)
    nn.init.normal_(net.last.weight)
    x = torch.randn(4, 1, 8, 8).repeat(2, 1, 1, 1)
    for t in (0.01, 0.99):
        out = net(torch.cat([x, torch.randn(8, 1, 8, 8)], 1), torch.tensor(t))
        assert ((out[:4] - out[4:]).abs() > 1e-4).float().mean() > 0.99


def test_patches_that_do_not_fit_are_told():
    with pytest.raises(InputError, match="a patch that divides 8 x 8 pixels, found 3"):
        network(patch=3)


def two_classes(classes=2):
    """Images all dark (class 0) or all bright (class 1), and a network that learned them."""
    y = torch.arange(64) % 2
    batch = {"x": (2.0 * y - 1).view(-1, 1, 1, 1).expand(64, 1, 8, 8), "y": y}
    model = Model(network(classes=classes), cosine(), "v", [1, 8, 8])
    optimiser = torch.optim.AdamW(model.parameters(), 3e-3)
    for _ in range(150):
        ddpm(model, batch, predict="v", levels="uniform").mean().backward()
        optimiser.step()
        optimiser.zero_grad()
    return model.eval().requires_grad_(False)


def test_labels_decide_what_is_drawn_and_without_them_both_are():
    model, start = two_classes(), torch.randn(40, 1, 8, 8)
    data = {"train_labels": torch.tensor([0, 1])}

    def share(labels):
        (guided,) = Chunk(condition=labels).bind(cfg(model, scale=1.0))
        *_, x = ddim(guided, start, times(8))
        return (x.mean((1, 2, 3)) > 0).float().mean().item()

    assert share(condition(data, 40, label=1).values) == 1
    assert share(condition(data, 40, label=0).values) == 0
    assert share(condition(data, 40, label=-1).values) == 0.5
    assert 0.2 < share(None) < 0.8


def test_cfg_is_linear_between_no_label_and_the_label():
    model = Model(stirred(network(classes=3)), cosine(), "v", [1, 8, 8])
    x, t, labels = torch.randn(5, 1, 8, 8), torch.tensor(0.6), torch.tensor([0, 1, 2, 0, 1])
    free = model(x, t)
    labelled = model(x, t, condition=labels)
    assert not torch.allclose(free, labelled)
    for scale in (0.0, 1.0, 2.5):
        (guided,) = Chunk(condition=labels).bind(cfg(model, scale=scale))
        expected = free + scale * (labelled - free)
        torch.testing.assert_close(guided(x, t), expected, atol=1e-5, rtol=1e-5)
    assert torch.equal(model(x, t), free)


def test_training_leaves_labels_out_a_tenth_of_the_time():
    net = network(classes=3).train()
    x, t = torch.zeros(4000, 1, 8, 8), torch.tensor(0.5)
    none = net.eval().embedding(x[:1], t, None)
    labels = net.train().training_labels(torch.ones(4000, dtype=torch.long))
    seen = net.embedding(x, t, labels)
    share = torch.isclose(seen, none, atol=1e-6).all(1).float().mean().item()
    assert share == pytest.approx(0.1, abs=0.02)


def test_every_draw_of_the_energy_score_has_the_label_of_its_image():
    """A row has one draw, or m where its time is at least `mse`."""
    model = Model(stirred(network(extra=1, classes=8)), cosine(), "v", [1, 8, 8], draws=True)
    knobs = {"predict": "v", "m": 3, "beta": 1.0, "lam": 1.0, "smoothing": 0.0, "weighting": "none"}
    knobs |= {"bias": 0.0, "levels": "uniform", "ramp": 1.0, "mse": 0.5}
    told = []
    model.net.register_forward_pre_hook(lambda _, given: told.append(given[1:]))
    with torch.no_grad():
        dddm(model, {"x": torch.randn(8, 1, 8, 8), "y": torch.arange(8)}, **knobs)
    ((t, labels),) = told
    times, counts = torch.empty(8), torch.empty(8)
    for label in range(8):
        (times[label],) = t.flatten()[labels == label].unique()
        counts[label] = (labels == label).sum()
    assert torch.equal((8 * times).ceil().sort().values, torch.arange(1.0, 9))
    assert torch.equal(counts, torch.where(times >= 0.5, 3.0, 1.0))


def test_guidance_by_labels_needs_a_model_that_knows_them():
    model = Model(copy.deepcopy(network()), cosine(), "v", [1, 8, 8])
    with pytest.raises(InputError, match="cfg needs a model that takes labels"):
        cfg(model, scale=1.0)
    with pytest.raises(InputError, match="expected -1 to 1, found 2"):
        condition({"train_labels": torch.tensor([0, 1])}, 4, label=2)
