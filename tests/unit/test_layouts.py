"""Many laws side by side: their data, their exact denoiser, their networks, and what is found."""

import pytest
import torch
from scipy.spatial import Delaunay

from scorefield.core.by_row import by_row
from scorefield.core.datasets import Layouts
from scorefield.core.denoiser import Plain
from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.registry import load_method, with_knobs
from scorefield.core.schedule import cosine
from scorefield.data.layouts import APART, REGIMES, layouts
from scorefield.experiments import instability_maps
from scorefield.experiments.instability_maps import Settings, heat_maps
from scorefield.metrics.discovery import DECOY, NONE, mode_shares, nearest_modes, off_mode_points
from scorefield.nets.exact import Exact
from scorefield.nets.mlp_ensemble import MLPEnsemble

DATA = Layouts(layouts(random=6, rare=0.01, train=2000, validation=20, test=20, seed=3))
MEMBERS = len(DATA.size)


def exact() -> Exact:
    parts = ("weight", "mean", "cov")
    net = Exact({part: list(DATA.tensors[f"mixture.{part}"].shape) for part in parts}, cosine())
    net.begin(DATA.tensors)
    return net


def test_the_special_mode_weighs_nothing_one_percent_or_as_much_as_the_others():
    for member, regime in enumerate(DATA.regime.tolist()):
        weight, size = DATA.law(member).weight, int(DATA.size[member])
        expected = {"withheld": 0.0, "rare": 0.01}[REGIMES[regime]]
        assert weight[0].item() == pytest.approx(expected, abs=1e-12)
        assert weight.sum().item() == pytest.approx(1)
        assert weight[1:size].std() < 1e-12 and weight[size:].sum() == 0


def test_random_modes_are_apart_and_mirror_each_other_but_for_the_decoy():
    for member in (DATA.layout >= 6).nonzero().flatten().tolist():
        mean, decoy = DATA.mean[member, :11], DATA.decoy[member]
        torch.testing.assert_close(decoy, -mean[0].float(), check_dtype=False)
        assert torch.pdist(torch.cat([mean, decoy[None].double()])).min() > APART
        others = mean[1:]
        assert all(((others + other).norm(dim=1) < 1e-6).any() for other in others)


def test_interior_is_what_a_triangulation_says():
    for member in (DATA.layout >= 6).nonzero().flatten().tolist():
        mean = DATA.mean[member, :11].numpy()
        inside = Delaunay(mean[1:]).find_simplex(mean[0]) >= 0
        assert bool(DATA.interior[member]) == bool(inside)
    named = dict(
        zip(("grid", "line", "ring", "square", "end", "corner"), DATA.interior, strict=False)
    )
    assert named["grid"] and named["line"]
    assert not (named["ring"] or named["square"] or named["end"] or named["corner"])


@pytest.mark.parametrize("member", [0, 7, 13, MEMBERS - 1])
def test_a_member_of_the_exact_net_is_the_denoiser_of_its_law(member):
    x, t = torch.randn(50, MEMBERS, 2, dtype=torch.float64), torch.rand(50, 1, 1).double()
    law = DATA.law(member)
    expected = law.denoiser(cosine())(x[:, member], t[:, 0])
    torch.testing.assert_close(exact()(x, t)[:, member], expected)
    one = torch.tensor(0.4, dtype=torch.float64)
    rows = exact()(x.flatten(0, 1), one).view_as(x)[:, member]
    torch.testing.assert_close(rows, law.denoiser(cosine())(x[:, member], one))
    spread = law.covariance(cosine(), x[:, member], one).diagonal(dim1=1, dim2=2).sum(1)
    traces = exact().traces(x.flatten(0, 1), one).view(50, MEMBERS)[:, member]
    torch.testing.assert_close(traces, spread)
    energies = exact().energies(x.flatten(0, 1), one).view(50, MEMBERS)[:, member]
    torch.testing.assert_close(energies, -law.log_prob(cosine(), x[:, member], one))


def test_members_of_the_network_do_not_see_each_other():
    net, x = MLPEnsemble(5, 2, 16, 2), torch.randn(7, 5, 2)
    t = torch.rand(7, 1, 1)
    other = x.clone()
    other[:, 3] += 1.0
    moved = (net(x, t) != net(other, t)).any(2).any(0)
    assert moved.tolist() == [False, False, False, True, False]
    rows = by_row(Plain(net, cosine()))(x, 0.3)
    torch.testing.assert_close(rows, net(x, torch.full((7, 1, 1), 0.3)))


def test_a_stream_gives_rows_in_turn():
    points, rows = (
        streams(1, range(4))(torch.empty(4, 3, 2)),
        streams(1, range(4))(torch.empty(12, 2)),
    )
    assert torch.equal(points.flatten(0, 1), rows)


def test_places_and_shares_are_those_of_points_that_are_put_there():
    x = torch.full((10, MEMBERS, 2), 50.0)
    x[0] = DATA.mean[:, 0].float()
    x[1] = DATA.mean[:, 2].float()
    x[2] = DATA.decoy.float()
    place = nearest_modes(x, DATA, 3.0)
    assert (place[0] == 0).all() and (place[1] == 2).all() and (place[3:] == NONE).all()
    has = DATA.has_decoy
    assert (place[2][has] == DECOY).all() and (place[2][~has] == NONE).all()
    shares = mode_shares(place, DATA)
    assert torch.all(shares["rare_mode"] == 0.1) and torch.all(shares["off_mode"] == 0.8)
    assert torch.all(shares["decoy"][has] == 0.1) and shares["decoy"][~has].isnan().all()
    torch.testing.assert_close(shares["coverage"], 1 / (DATA.size - 1).double())


def test_off_mode_points_are_as_far_from_the_nearest_ordinary_mode():
    held = (DATA.mean[:, 0] + 0.2 * torch.randn(40, MEMBERS, 2)).float()
    off_mode = off_mode_points(held, DATA, torch.Generator().manual_seed(0))
    for member in range(MEMBERS):
        modes = DATA.mean[member, 1 : int(DATA.size[member])].float()
        near = [torch.cdist(x[:, member], modes).min(1).values for x in (off_mode, held)]
        torch.testing.assert_close(*near, rtol=0, atol=1e-5)


def test_the_exact_score_of_a_mode_never_seen_is_that_of_its_decoy():
    """Reflection maps the training law onto itself and the withheld mode onto the decoy, so no
    function of the denoiser can tell them apart."""
    net = exact()
    x = torch.randn(20, MEMBERS, 2, dtype=torch.float64)
    mirrored = ((DATA.layout >= 6) & (DATA.regime == 0)).nonzero().flatten()
    t = torch.tensor(0.3, dtype=torch.float64)
    m, again = Model(net, cosine(), "x0", [MEMBERS, 2])(x, t), net(-x, t)
    torch.testing.assert_close(m[:, mirrored], -again[:, mirrored])


def test_heat_maps_of_the_exact_denoiser_are_the_truth(monkeypatch):
    monkeypatch.setattr(instability_maps, "GRID", 24)
    model = Model(exact(), cosine(), "x0", [MEMBERS, 2])
    knobs = {"trace": {"probes": 16, "step": 0.02}, "martingale": {"probes": 2}}
    scores = {name: with_knobs(load_method("instability", name), knobs[name]) for name in knobs}
    settings = Settings([1.0], 0, scores)
    maps = heat_maps(model, model, model.net, MEMBERS, settings, torch.device("cpu"))
    assert maps.error.abs().max() == 0
    assert (maps.trace - maps.truth).abs().mean() / maps.truth.mean() < 0.1
