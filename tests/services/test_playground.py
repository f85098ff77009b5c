"""The playground of the page computes what the library computes, on the same noise."""

import json

import pytest
import torch
from report.laws import laws
from torch import Tensor

import scorefield as sf
from scorefield.core.exact import Mixture, pointwise_mutual_information
from scorefield.core.interval import Interval, spread
from scorefield.core.philox import stream
from scorefield.core.registry import keywords
from scorefield.core.tilt import tilt
from scorefield.data import pairs
from tests.helpers.browser import browsed, law, ring

pytestmark = [browsed, pytest.mark.usefixtures("double")]
N, STEPS, NEAR = 64, 12, 1e-9  # 1e-4 is wanted
KNOBS = {"churn": 1.0, "order": 3, "low": 0.05, "high": 50.0, "noise": 1.003}
EDM = {"churn": 40.0}
IBG = {"score": "frobenius", "scale": 0.8, "low": 0.3, "high": 2.3, "trust": 0.05}


class Given:
    """A source of noise that is written down, so that the script can use the same numbers."""

    def __init__(self, calls: int):
        self.noise = torch.randn(calls, N, 2)
        self.used = 0

    def __call__(self, like: Tensor) -> Tensor:
        self.used += 1
        return self.noise[self.used - 1]


SAMPLE = """
let used = 0;
const source = () => Float64Array.from(noise[used++].flat());
const plan = {law, schedule: m.schedules.SCHEDULES[schedule], sampler, steps, guidance, draws, knobs};
const states = [...m.sampling.sample(plan, source).states];
return states.map(x => [...x]);
"""


def drawn(
    script, mixture, sampler, denoiser, given, schedule="cosine", steps=STEPS, **plan
) -> tuple:
    """All states of the particles by the library and by the script, both (steps + 1, N, 2)."""
    knobs = KNOBS | (EDM if sampler == "edm" else {})
    guidance = plan.pop("guidance", {"name": "none"})
    own = {key: knobs[key] for key in knobs_of(sampler)}
    x = given(torch.empty(N, 2))
    (bound,) = sf.Chunk(given).bind(denoiser)
    run = getattr(sf.samplers, sampler)(bound, x, sf.times(steps), given, **own)
    told = {"sampler": sampler, "schedule": schedule, "steps": steps, "guidance": guidance}
    told |= {"draws": plan.pop("draws", False), "knobs": knobs, "noise": given.noise.tolist()}
    found = script(SAMPLE, law=plan.pop("law", law(mixture)), **told)
    return torch.stack([x, *run]), torch.tensor(found).view(steps + 1, N, 2)


def knobs_of(sampler: str) -> list[str]:
    """The knobs of a sampler that the playground also has."""
    return [key for key in keywords(getattr(sf.samplers, sampler)) if key in KNOBS]


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
@pytest.mark.parametrize("sampler", ["ddim", "ancestral", "heun", "dpmpp", "unipc", "adams", "edm"])
def test_each_sampler_moves_64_particles_as_the_library_does(script, sampler, schedule):
    denoiser = ring().denoiser(getattr(sf, schedule)())
    ours, found = drawn(script, ring(), sampler, denoiser, Given(2 * STEPS), schedule)
    assert (ours - found).abs().max() < NEAR


@pytest.mark.parametrize("steps", [1, 8])
def test_draws_from_the_posterior_are_those_of_the_library_and_one_of_them_is_a_sample(
    script, steps
):
    denoiser = ring().denoiser(draws=True)
    given = Given(3 * steps)
    ours, found = drawn(script, ring(), "ancestral", denoiser, given, steps=steps, draws=True)
    assert (ours - found).abs().max() < 1e-7
    radius = found[-1].norm(dim=-1)
    assert (radius - 3).abs().mean() < 0.4  # the mean at one step would be at the centre


def exact_score(name: str):
    """A score in closed form, from the posterior covariance."""
    mixture = ring()

    def frobenius(denoiser, x, t, randn=None):
        alpha, sigma = denoiser.schedule(t)
        c = mixture.covariance(denoiser.schedule, x, t)
        return ((alpha / sigma) ** 4).squeeze() * c.square().sum((1, 2)) / 2

    def trace(denoiser, x, t, randn=None):
        return mixture.covariance(denoiser.schedule, x, t).diagonal(dim1=1, dim2=2).sum(1)

    def eigenvalue(denoiser, x, t, randn=None):
        alpha, sigma = denoiser.schedule(t)
        c = mixture.covariance(denoiser.schedule, x, t)
        return (alpha / sigma) ** 2 * torch.linalg.eigvalsh(c)[:, -1]

    return {"frobenius": frobenius, "trace": trace, "eigenvalue": eigenvalue}[name]


@pytest.mark.parametrize("score", ["frobenius", "trace", "eigenvalue"])
def test_ibg_shifts_a_point_and_moves_particles_as_the_library_does(script, score):
    guided = sf.guidance.ibg(ring().denoiser(), **IBG | {"score": exact_score(score)})
    x, t = 2 * torch.randn(N, 2), 0.55
    found = script(
        """const base = m.denoisers.mean(law, m.schedules.SCHEDULES.cosine);
        return [...m.guidance.GUIDANCES.ibg(base, law, knobs).at(Float64Array.from(x), t)];""",
        law=law(ring()), knobs=IBG | {"score": score}, x=x.flatten().tolist(), t=t,
    )  # fmt: skip
    assert (torch.tensor(found).view(N, 2) - guided(x, t)).abs().max() < NEAR
    assert (guided(x, t) - ring().denoiser()(x, t)).abs().max() > 0.1
    plan = {"guidance": IBG | {"name": "ibg", "score": score}}
    ours, found = drawn(script, ring(), "ancestral", guided, Given(2 * STEPS), **plan)
    assert (ours - found).abs().max() < 1e-6


def test_minus_score_moves_particles_as_the_library_does(script):
    knobs = {"scale": 0.7, "low": 0.3, "high": 2.3}
    guided = sf.guidance.minus_score(ring().denoiser(), **knobs)
    plan = {"guidance": knobs | {"name": "minus_score"}}
    ours, found = drawn(script, ring(), "heun", guided, Given(2 * STEPS), **plan)
    assert (ours - found).abs().max() < NEAR


def test_ratio_guidance_to_a_given_y_is_that_of_the_exact_ratio_of_pairs(script):
    data, schedule = pairs(train=32, validation=32, test=32), sf.cosine()
    joint = Mixture(*(data[f"joint.{key}"] for key in ("weight", "mean", "cov")))
    own = Mixture(*(data[f"mixture.{key}"] for key in ("weight", "mean", "cov")))
    y = torch.tensor([1.2, 0.4])

    def log_weight(x, t):
        now = torch.zeros(())
        return pointwise_mutual_information(joint, schedule, x, t, y.expand(N, 2), now)

    knobs = {"scale": 1.3, "low": 0.4, "high": 50.0}
    guided = tilt(own.denoiser(), log_weight, 1.3, Interval(0.4, 50.0))
    (pair,) = (one["pair"] for one in laws() if one["name"] == "pairs")
    told = law(own, pair=pair)
    target = script("return m.laws.conditioned(law, at)", law=told, at=y.tolist())
    plan = {"guidance": knobs | {"name": "ratio", "target": target}, "law": told}
    ours, found = drawn(script, own, "ancestral", guided, Given(2 * STEPS), **plan)
    assert (ours - found).abs().max() < NEAR


def test_the_heat_is_the_density_and_the_instability_in_closed_form(script):
    x, t, schedule = 2 * torch.randn(N, 2), torch.tensor(0.4), sf.cosine()
    given = {"law": law(ring()), "x": x.flatten().tolist(), "t": t.item()}
    body = "const levels = m.schedules.SCHEDULES.cosine(t); x = Float64Array.from(x);"
    for name in ("frobenius", "trace", "eigenvalue"):
        found = script(
            f"{body} return [...m.instability.instability(name, law, levels, x)];",
            name=name,
            **given,
        )
        expected = exact_score(name)(ring().denoiser(), x, t)
        assert torch.tensor(found) == pytest.approx(expected, rel=1e-9)
    found = script(f"{body} return [...m.laws.logDensity(law, levels, x)];", **given)
    assert torch.tensor(found) == pytest.approx(ring().log_prob(schedule, x, t), rel=1e-9)


def test_the_noise_of_a_seed_is_that_of_the_library(script):
    found = script(
        "const r = m.noise.streams(2 ** 33 + 7, 5); return [0, 1, 2].map(() => [...r()])"
    )
    ours = stream(2**33 + 7, torch.arange(5), 0, 8)[:, :6].double()
    assert torch.tensor(found).view(3, 5, 2) == pytest.approx(
        ours.view(5, 3, 2).movedim(1, 0), abs=2e-6
    )


def test_the_same_seed_gives_the_samples_of_the_front_door(script):
    denoiser = ring().denoiser()
    ours = sf.sample(denoiser, N, "heun", 8, seed=3)
    plan = {"law": law(ring()), "sampler": "heun", "steps": 8, "draws": False, "knobs": KNOBS}
    found = script(
        """plan.schedule = m.schedules.SCHEDULES.cosine;
        return [...[...m.sampling.sample(plan, m.noise.streams(3, 64)).states].pop()];""",
        plan=plan | {"guidance": {"name": "none"}},
    )
    assert (ours - torch.tensor(found).view(N, 2)).abs().max() < 1e-4


def test_the_spread_of_a_law_whose_rare_mode_gets_another_weight_is_that_of_the_library(script):
    before, after = (law(Mixture.grid(5, rare=rare)) for rare in (0.01, 0.2))
    found = script("return m.laws.reweighted(law, 0.2).spread", law=before)
    assert found == pytest.approx(after["spread"], rel=0.01)
    assert found < 0.95 * before["spread"]


def test_each_law_of_the_playground_is_one_of_the_parameters():
    found = {one["name"]: one for one in laws()}
    ring = Mixture.ring(8, rare=0.0)
    assert found["missing"]["mean"][0] == pytest.approx([3, 0]) and found["missing"]["special"] == 0
    assert found["missing"]["weight"] == pytest.approx(ring.weight.tolist())
    assert found["rare"]["variance"] == pytest.approx([0.15**2] * 25)
    assert found["missing"]["spread"] == pytest.approx(spread(ring.denoiser(), ring.mean))
    assert found["bimodal"]["special"] is None and found["moons"]["special"] is None
    assert json.loads(json.dumps([*found.values()])) == [*found.values()]
