"""What each figure of the report shows, said with the numbers that the pipeline measured."""

from dataclasses import dataclass
from typing import Any

from scorefield.core import params
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


def versus(a: float, b: float) -> str:
    """Two numbers with the word that is true of them."""
    word = "below" if a < b else "above" if a > b else "equal to"
    return f"{a:.3g}, {word} {b:.3g}"


def scored(run: str) -> str:
    f = figures(f"runs/{run}")
    return f"{f['fid']:.3g} ({f['fid_low']:.3g} to {f['fid_high']:.3g}) with {f['nfe']} evaluations"


def images() -> list[Finding]:
    default = figures("runs/digits-ddim")
    size = lambda name: f"{figures(f'models/{name}')['parameters'] / 1e6:.1f} M parameters"
    return [
        Finding(
            "The default model",
            "plots/runs/digits-ddim.png",
            f"A U-Net: FID {scored('digits-ddim')} (in brackets the 95 % interval). A judge is "
            f"sure of the class of {default['coherent']:.0%} of the samples and finds a real one "
            f"near; {default['copies']:.2%} copy a real image.",
            "dvc repro evaluate@digits-ddim",
        ),
        Finding(
            "The transformer",
            "plots/runs/digits-dit.png",
            f"A transformer of {size('digits-dit')}, FID {scored('digits-dit')}; the U-Net of "
            f"{size('digits-ddpm')}, {scored('digits-ddim')}. Where they draw instead of "
            f"averaging: {scored('digits-dit-dddm')}; {scored('digits-dddm')}.",
            "dvc repro evaluate@digits-dit evaluate@digits-dit-dddm",
        ),
    ]


def drawn() -> list[Finding]:
    found, places = [], {"digits": "FID", "bimodal": "Squared MMD"}
    for name, score in places.items():
        entry, curve = params.entry("curves", name), figures(f"curves/{name}")
        told = ", ".join(
            versus(curve[f"{entry['rival']}-ddim-{n}"], curve[f"{entry['model']}-ddim-{n}"])
            + f" with {n}"
            for n in entry["steps"]
        )
        found.append(
            Finding(
                f"Draw instead of average: {name}",
                f"plots/curves/{name}.png",
                f"{score} of drawing beside that of averaging, both by DDIM: {told} steps.",
                f"dvc repro chart@{name}",
            )
        )
    return found


def steered() -> list[Finding]:
    ibg, plain = figures("runs/rare-ibg"), figures("runs/rare-ancestral")
    sweep, known = figures("sweeps/layouts"), figures("maps/plane")["frobenius_truth"]
    edge = sweep["model_ibg_edge_hit"], sweep["model_minus_score_edge_hit"]
    return [
        Finding(
            "Where a denoiser is unstable",
            "plots/maps/plane/withheld.png",
            f"Over many layouts a network's instability has a rank correlation of {known:.2f} with "
            "its true error.",
            "dvc repro atlas@plane",
        ),
        Finding(
            "Steered towards instability",
            "plots/sweeps/layouts.png",
            f"A mode of 1 % in the middle of a grid is hit by {ibg['hit']:.1%} of the samples, "
            f"unguided by {plain['hit']:.1%}. Over many layouts, with a network: "
            f"{sweep['model_ibg_interior_hit']:.1%} inside, unguided "
            f"{sweep['model_plain_interior_hit']:.1%}; at the edge {edge[0]:.1%}, where going "
            f"against the score finds {edge[1]:.1%}.",
            "dvc repro pareto@layouts",
        ),
    ]


def matched() -> list[Finding]:
    ratio, found = figures("runs/digits-ratio-disc"), []
    for name, keys in {"pairs": ("slope", "residual"), "digits": ("agreement", "fid")}.items():
        scales = [0.0, *params.entry("matches", name)["scales"]]
        match = figures(f"matches/{name}")
        told = ", ".join(
            f"{match[f'given_{scale:g}_{keys[0]}']:.2f} and "
            f"{match[f'given_{scale:g}_{keys[1]}']:.2g} at {scale:g}"
            for scale in scales
        )
        found.append(
            Finding(
                f"Against the scale of the ratio: {name}",
                f"plots/matches/{name}/strength.png",
                f"{keys[0].capitalize()} and {keys[1]} by scale: {told}.",
                f"dvc repro agree@{name}",
            )
        )
    text = (
        f"{ratio['agreement']:.1%} of the digits drawn are of the class of what they were to "
        f"match, unguided {ratio['agreement_unguided']:.1%}; FID {ratio['fid']:.3g}, unguided "
        f"{ratio['fid_unguided']:.3g}."
    )
    command, picture = (
        "dvc repro evaluate_with_guide@digits-ratio-disc",
        "plots/runs/digits-ratio-disc.png",
    )
    return [Finding("Matched to turned digits by a density ratio", picture, text, command), *found]


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
            f"plots/paths/digits/strips-{params.entry('paths', 'digits')['levels'][-1]:g}.png",
            f"Action of the instanton: {actions(paths)}, in the network's field; the Hamiltonian "
            f"path has {paths['action_hamiltonian']:.3g}.",
            "dvc repro album@digits",
        ),
    ]


def findings() -> list[Finding]:
    """All of them, in the order of the report."""
    return [*images(), *drawn(), *steered(), *matched(), *walked()]
