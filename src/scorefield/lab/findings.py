"""What each figure of the report shows, said with the numbers that the pipeline measured."""

from dataclasses import dataclass
from typing import Any

from scorefield.core.files import load_json


@dataclass(frozen=True)
class Finding:
    """A figure, the sentence that its numbers support, and the command that makes it."""

    title: str
    picture: str
    text: str
    command: str


def figures(path: str) -> dict[str, Any]:
    return load_json(f"metrics/{path}.json")


def versus(a: float, b: float, what: str = "") -> str:
    """Two numbers with the word that is true of them."""
    word = "below" if a < b else "above" if a > b else "equal to"
    return f"{a:.3g}{what}, {word} {b:.3g}"


def interval(run: str) -> str:
    f = figures(f"runs/{run}")
    return f"{f['fid']:.3g} ({f['fid_low']:.3g} to {f['fid_high']:.3g})"


def images() -> list[Finding]:
    ddim, curve = figures("runs/digits-ddim"), figures("curves/digits")
    few = ", ".join(
        f"{versus(curve[f'digits-dddm-ddim-{n}'], curve[f'digits-ddpm-ddim-{n}'])} at {n}"
        for n in (1, 2, 4, 8, 25)
    )
    plane = figures("curves/bimodal")
    draws, means = (plane[f"bimodal-{kind}-ddim-2"] for kind in ("dddm", "ddpm"))
    return [
        Finding(
            "The default model",
            "plots/runs/digits-ddim.png",
            f"A U-Net in {ddim['nfe']} evaluations: FID {interval('digits-ddim')} with its 95 % "
            f"interval; a judge is sure of the class of {ddim['coherent']:.0%} of the samples and "
            f"finds a real one near; {ddim['copies']:.2%} copy a real image.",
            "dvc repro evaluate@digits-ddim",
        ),
        Finding(
            "The transformer",
            "plots/runs/digits-dit.png",
            f"Trained for as long as the U-Net and drawn in the same way: FID "
            f"{interval('digits-dit')} against {interval('digits-ddim')}; where both draw instead "
            f"of averaging, in eight steps, {interval('digits-dit-dddm')} against "
            f"{interval('digits-dddm')}.",
            "dvc repro evaluate@digits-dit evaluate@digits-dit-dddm",
        ),
        Finding(
            "Draw instead of average, digits",
            "plots/curves/digits.png",
            f"FID of drawing against that of averaging, both by DDIM: {few} steps.",
            "dvc repro chart@digits",
        ),
        Finding(
            "Draw instead of average, plane",
            "plots/curves/bimodal.png",
            f"Squared MMD with two DDIM steps: {versus(draws, means)} for averaging.",
            "dvc exp run -S dddm.beta=0.5 chart@bimodal",
        ),
    ]


def steered() -> list[Finding]:
    ibg, plain = figures("runs/rare-ibg"), figures("runs/rare-ancestral")
    sweep, maps = figures("sweeps/layouts"), figures("maps/plane")
    ratio, match = figures("runs/digits-ratio-disc"), figures("matches/pairs")
    known = maps["frobenius_truth"]
    return [
        Finding(
            "Where a denoiser is unstable",
            "plots/maps/plane/withheld.png",
            f"Over many layouts the estimated instability of a network has a rank correlation of "
            f"{known:.2f} with the exact posterior's.",
            "dvc repro atlas@plane",
        ),
        Finding(
            "Steered towards instability",
            "plots/sweeps/layouts.png",
            f"A mode of 1 % in the middle of a grid is hit by {ibg['hit']:.1%} of the samples, "
            f"unguided by {plain['hit']:.1%}. Over many layouts, with a network: "
            f"{sweep['model_ibg_interior_hit']:.1%} inside against "
            f"{sweep['model_plain_interior_hit']:.1%}, at the edge "
            f"{sweep['model_ibg_edge_hit']:.1%}, where going against the score finds "
            f"{sweep['model_minus_score_edge_hit']:.1%}.",
            "dvc exp run -S ibg.scale=2.0",
        ),
        Finding(
            "Matched to turned digits by a density ratio",
            "plots/runs/digits-ratio-disc.png",
            f"{ratio['agreement']:.1%} of the digits drawn are of the class of what they were to "
            f"match, unguided {ratio['agreement_unguided']:.1%}; FID {ratio['fid']:.3g}, unguided "
            f"{ratio['fid_unguided']:.3g}.",
            "dvc exp run -S ratio.scale=2.0",
        ),
        Finding(
            "Against the scale of the ratio, plane",
            "plots/matches/pairs/strength.png",
            f"At scale 1 the drawn x follow their y with slope {match['given_1_slope']:.3g}, where "
            "the truth is 0.8.",
            "dvc repro agree@pairs",
        ),
        Finding(
            "Against the scale of the ratio, digits",
            "plots/matches/digits/strength.png",
            "Agreement rises with the scale; FID falls first and rises again.",
            "dvc repro agree@digits",
        ),
    ]


def walked() -> list[Finding]:
    paths, exact = figures("paths/digits"), figures("paths/plane-exact")
    actions = lambda f: f"{versus(f['action_instanton'], f['action_line'])} of a straight line"
    return [
        Finding(
            "Paths around a mode that was withheld",
            "plots/paths/plane-exact/routes.png",
            f"Action of the instanton: {actions(exact)}, in the exact score field.",
            "dvc repro album@plane-exact",
        ),
        Finding(
            "From digit to digit",
            "plots/paths/digits/strips-1.png",
            f"Action of the instanton: {actions(paths)}, in the network's field; the Hamiltonian "
            f"path has {paths['action_hamiltonian']:.3g}.",
            "dvc exp run -S instanton.duration=8.0 album@digits",
        ),
    ]


def findings() -> list[Finding]:
    """All of them, in the order of the report."""
    return [*images(), *steered(), *walked()]
