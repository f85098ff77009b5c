"""Guidance on random laws: the laws are what they are said to be, and gains are paired."""

import numpy as np
import pandas
import pytest
import torch
from scipy.spatial import Delaunay
from scipy.stats import sem

from scorefield.core.exact import Mixture
from scorefield.core.interval import spread
from scorefield.core.schedule import cosine
from scorefield.data._random_laws import FAMILIES, PLACES, RandomLaw, random_law, side_by_side
from scorefield.experiments.generality import embedded, sampled, shares
from scorefield.experiments.generality_report import generality_report

pytestmark = pytest.mark.usefixtures("double")


def laws(dim, n=1):
    """n laws of each family and place."""
    g = torch.Generator().manual_seed(2)
    cells = [(family, place) for family in FAMILIES for place in PLACES for _ in range(n)]
    return [random_law(family, place, dim, 0.01, g) for family, place in cells]


@pytest.mark.parametrize("dim", [2, 3])
def test_the_rare_mode_of_a_law_is_component_0_at_its_place(dim):
    """Whether a simplex of the other centres holds it."""
    for each in laws(dim, 3):
        hull = Delaunay(each.law.mean[1:].numpy())
        held = hull.find_simplex(each.law.mean[0].numpy()) >= 0
        assert held == (each.place == "inside")
        assert each.law.weight[0].item() == pytest.approx(0.01)
        assert each.law.weight.sum().item() == pytest.approx(1.0)


@pytest.mark.parametrize("dim", [2, 3])
def test_a_law_has_mean_0_and_spread_1(dim):
    for each in laws(dim):
        x, _ = each.law.sample(40000)
        cov = torch.cov(x.T)
        assert x.mean(0).abs().max() < 0.03
        assert (cov.square().sum() / cov.trace()).sqrt().item() == pytest.approx(1.0, rel=0.03)


def test_a_law_on_a_surface_has_the_denoiser_of_the_whole_mixture():
    known = laws(2)[:3]
    model = embedded(side_by_side([each.law for each in known]), 5, 0.1)
    x, t = torch.randn(7, 3, 5), 0.4
    for i, each in enumerate(known):
        k = len(each.law.weight)
        cov = 0.01 * torch.eye(5).repeat(k, 1, 1)
        cov[:, :2, :2] = each.law.cov
        mean = torch.cat([each.law.mean, torch.zeros(k, 3)], 1)
        due = Mixture(each.law.weight, mean, cov).denoiser(cosine())(x[:, i], t)
        torch.testing.assert_close(model(x, t)[:, i], due)
    torch.testing.assert_close(model(x.flatten(0, 1), t).view_as(x), model(x, t))


@pytest.mark.parametrize("dim", [2, 3, 64])
def test_the_spread_of_laws_side_by_side_is_read_as_1_in_every_dimension(dim):
    known = laws(dim if dim == 3 else 2)
    model = embedded(side_by_side([each.law for each in known]), dim, 0.05)
    assert spread(model, torch.zeros(1, dim)) == pytest.approx(1.0, rel=0.05)


def test_samples_of_a_law_have_its_rare_share_one_in_a_thousand_off_mode_and_reach_all_modes():
    """Modes that are 10 standard deviations apart, on a surface in 6 dimensions."""
    law = Mixture.grid(3, spacing=2.0, std=0.2, rare=0.05)
    x, _ = law.sample(20000)
    x = torch.cat([x, 0.1 * torch.randn(20000, 4)], 1)
    found = shares(RandomLaw("", "", law), x, 0.1)
    assert found["rare_mode"] == pytest.approx(0.05, abs=0.005)
    assert found["off_mode"] == pytest.approx(0.001, abs=0.001)
    assert found["coverage"] == 1.0
    x[:, 5] += 1.0
    assert shares(RandomLaw("", "", law), x, 0.1) == {
        "rare_mode": 0.0, "off_mode": 1.0, "coverage": 0.0,
    }  # fmt: skip


def test_unguided_samples_have_the_rare_share_of_their_laws():
    known = laws(2, 2)
    name, scale, x = next(sampled(known, 2, 0.05, 400, 20, 1))
    found = [shares(each, x[:, i].double(), 0.05) for i, each in enumerate(known)]
    assert (name, scale, x.shape) == ("plain", 0.0, (400, len(known), 2))
    rate = np.mean([each["rare_mode"] for each in found])
    assert rate == pytest.approx(0.01, abs=4 * (0.01 / 400 / len(known)) ** 0.5)


def rows(rates):
    """Rows of six laws of two families, from the rare-mode rates of each cell."""
    return pandas.DataFrame(
        {"law": i, "family": "ab"[i % 2], "place": "inside", "dim": 2, "variant": variant,
         "scale": scale, "rare_mode": rate, "off_mode": 0.1 * scale, "coverage": 1 - 0.2 * scale}
        for (variant, scale), every in rates.items() for i, rate in enumerate(every)
    )  # fmt: skip


def test_gains_are_paired_by_law_with_unguided_samples_and_with_controls_of_the_same_scale():
    plain, ibg, other = np.random.default_rng(0).random((3, 6))
    found, figures = generality_report(
        rows({("plain", 0.0): plain, ("ibg", 2.0): ibg, ("random", 2.0): other})
    )
    gain = ibg - plain
    for key, values in (("gain", gain), ("over_random", ibg - other)):
        assert figures[f"ibg_2_inside_{key}"] == pytest.approx(values.mean())
        assert figures[f"ibg_2_inside_{key}_se"] == pytest.approx(sem(values))
    assert figures["ibg_2_inside_better"] == pytest.approx((gain > 0).mean())
    assert figures["ibg_2_inside_cost"] == pytest.approx(0.2)
    assert figures["ibg_2_inside_reached"] == pytest.approx(-0.4)
    assert (figures["inside_n"], figures["family_n"]) == (6, 3)
    ends = {i: gain[i::2].mean() - 1.96 * sem(gain[i::2]) for i in (0, 1)}
    least = min(ends, key=ends.get)
    assert figures["ibg_2_inside_least_family_gain"] == pytest.approx(gain[least::2].mean())
    mine = found[(found["variant"] == "ibg") & (found["group"] == "b")]
    assert mine["gain"].item() == pytest.approx(gain[1::2].mean())
