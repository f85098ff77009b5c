"""The exact log ratio of the smoothed law of pairs, which guides to the conditional law."""

import pytest
import torch

from scorefield.core.denoiser import Chunk, score
from scorefield.core.empirical import Empirical
from scorefield.core.exact import Mixture
from scorefield.core.model import Model
from scorefield.core.schedule import cosine
from scorefield.core.tilt import gradient
from scorefield.guidance.ratio import ratio
from scorefield.nets.ratio_exact import ratio_exact
from scorefield.objectives._ratio import probe
from scorefield.pipeline.files import to_unit
from tests.helpers.laws import two_classes

pytestmark = pytest.mark.usefixtures("double")

COSINE, SHAPE, WIDTH = cosine(), (1, 2, 2), 0.3


def rows(x):
    return x.flatten(1)


def pairs_network(pairing, condition="clean"):
    """The exact log ratio of x and of y, which is x turned by a quarter; and the law of x."""
    images, labels = two_classes(30)
    x = to_unit(images).double()
    data = {"train": x, "train_pair": x.rot90(-1, (2, 3)), "train_labels": labels}
    shapes = {key: list(value.shape) for key, value in data.items()}
    net = ratio_exact(shapes, COSINE, width=WIDTH, pairing=pairing, condition=condition)
    net.begin(data)
    return net, data


def times(t, n):
    return torch.full((n,), t)


@pytest.mark.parametrize("pairing", ["class", "instance"])
def test_the_ratio_has_a_mean_of_one_over_independent_pairs_and_joint_ones_are_as_stated(pairing):
    net, _ = pairs_network(pairing)
    n, t = 5_000, 0.5
    x, _ = net.x.law().sample(n)
    y, _ = net.y.law().sample(n)
    x = COSINE.add_noise(x, t)
    ratios = net(x, times(t, n), y, times(0.0, n)).exp()
    assert ratios.mean().item() == pytest.approx(1.0, abs=5 * (ratios.std() / n**0.5).item())
    few = slice(0, 6)
    every = net.table(x[few], times(t, 6), y[few], times(0.0, 6))
    torch.testing.assert_close(every.diagonal().exp(), ratios[few])


def test_with_instance_pairing_it_is_the_log_ratio_of_the_law_of_pairs():
    net, data = pairs_network("instance", "same_t")
    joint = torch.cat([rows(data["train"]), rows(data["train_pair"])], 1)
    x, y = torch.randn(2, 6, *SHAPE)
    logs = [
        Empirical.of(part, WIDTH).log_prob(COSINE, at, 0.5)
        for part, at in (
            (joint, torch.cat([rows(x), rows(y)], 1)),
            (data["train"], x),
            (data["train_pair"], y),
        )
    ]
    found = net(x, times(0.5, 6), y, times(0.5, 6))
    torch.testing.assert_close(found, logs[0] - logs[1] - logs[2])


def test_with_class_pairing_guidance_of_scale_one_is_the_denoiser_given_y():
    """The posterior mean of the mixture whose classes are weighted by p(c | y); where y is clearly
    of one class, that of the class's own law."""
    net, data = pairs_network("class")
    x, y = torch.randn(6, *SHAPE), data["train_pair"][:6]
    law = net.x.law()
    model = law.denoiser(COSINE)
    guided = ratio(model, net, scale=1.0, bound=0.0)
    (bound,) = Chunk(condition=y).bind(guided)
    weights = net.y.law().log_classes(COSINE, y, 0.0)
    share = weights[:, data["train_labels"]] - law.class_shares.log()[data["train_labels"]]
    share = (share + law.log_weights(COSINE, x, 0.4)).softmax(1)
    t = torch.tensor(0.4)
    mean = Mixture.isotropic(rows(data["train"]), WIDTH).posterior(COSINE, rows(x), t)[1]
    torch.testing.assert_close(rows(bound(x, t)), (share[..., None] * mean).sum(1))
    clear = torch.full((6, *SHAPE), 1.5)
    (bound,) = Chunk(condition=clear).bind(guided)
    ones = Empirical.of(data["train"][data["train_labels"] == 1], WIDTH)
    torch.testing.assert_close(bound(x, t), ones.expected(COSINE, x, t), atol=1e-3, rtol=0)


@pytest.mark.parametrize("pairing", ["class", "instance"])
def test_its_gradient_is_the_conditional_score_minus_the_score(pairing):
    """Given y the law of x has the same components, weighted by p(h | y)."""
    net, data = pairs_network(pairing)
    x, y, t = torch.randn(5, *SHAPE), data["train_pair"][7:12], torch.tensor(0.4)
    zeros = times(0.0, 5)
    found = gradient(lambda x, t: net(x, t.expand(5), y, zeros), x, t)
    given = net.y.law().log_weights(COSINE, y, 0.0)
    if pairing == "class":
        labels = data["train_labels"]
        given = (net.y.law().log_classes(COSINE, y, 0.0) - net.x.law().class_shares.log())[
            :, labels
        ]

    def conditional(x, t):
        return (given + net.x.law().log_weights(COSINE, x, t)).logsumexp(1) + net.x.law().log_prob(
            COSINE, x, t
        )

    due = gradient(conditional, x, t) + -score(net.x.law().denoiser(COSINE), x, t)
    torch.testing.assert_close(found, due)


def test_figures_of_held_out_pairs_are_those_of_any_other_ratio():
    net, data = pairs_network("class")
    held = {key.replace("train", "validation"): value for key, value in data.items()}
    figures = probe(Model(net, COSINE, "x0", SHAPE).eval(), held | data)
    assert figures["pair_accuracy"] > 0.5 and 0 < figures["mutual_information"] < 1
