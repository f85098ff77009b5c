"""The findings of this project: pictures, and sentences with the numbers that were measured."""

from dataclasses import dataclass

from report.results import figures
from scorefield.pipeline import params


@dataclass(frozen=True)
class Finding:
    """A picture, what its numbers say, and the command that makes it."""

    title: str
    picture: str
    text: str
    command: str


def percent(share: float, places: int = 1) -> str:
    return f"{100 * share:.{places}f} %"


def fid(run: str) -> str:
    """The FID of a run with its 95 % interval and its cost."""
    f = figures(f"runs/{run}")
    interval = f"95 % interval {f['fid_low']:.3g} to {f['fid_high']:.3g}"
    return f"FID {f['fid']:.3g} ({interval}) with {f['nfe']} network evaluations"


def millions(model: str) -> str:
    """The size of a model's network."""
    return f"{figures(f'models/{model}')['parameters'] / 1e6:.1f} M parameters"


def images() -> list[Finding]:
    """The runs on digits."""
    default = figures("runs/digits-ddim")
    return [
        Finding(
            "The default model",
            "plots/runs/digits-ddim.png",
            f"A U-Net has {fid('digits-ddim')}. For {percent(default['coherent'], 0)} of the "
            "samples the evaluator is sure of the class and a real image of that class is near. "
            f"{percent(default['copies'])} of the samples copy a real image.",
            "dvc repro evaluate@digits-ddim",
        ),
        Finding(
            "Transformer and U-Net",
            "plots/runs/digits-dit.png",
            f"DDPM: the transformer ({millions('digits-dit')}) has {fid('digits-dit')}; the U-Net "
            f"({millions('digits-ddpm')}) has {fid('digits-ddim')}. DDDM: the transformer has "
            f"{fid('digits-dit-dddm')}; the U-Net has {fid('digits-dddm')}.",
            "dvc repro evaluate@digits-dit evaluate@digits-dit-dddm",
        ),
    ]


def few_steps(name: str, score: str) -> Finding:
    """DDDM and DDPM with few DDIM steps and with more; `score` is what it is called."""
    entry, measured = params.entry("few_steps", name), figures(f"few_steps/{name}")
    numbers = []
    for steps in sorted({entry["steps"][:2][-1], entry["steps"][-1]}):
        dddm, ddpm = (measured[f"{entry[key]}-ddim-{steps}"] for key in ("model", "baseline"))
        numbers.append(f"With {steps} steps it is {dddm:.3g} for DDDM and {ddpm:.3g} for DDPM.")
    return Finding(
        f"Few steps: {name}",
        f"plots/few_steps/{name}.png",
        f"{score} by the number of network evaluations; lower is better. {' '.join(numbers)}",
        f"dvc repro few_steps_report@{name}",
    )


def instability() -> list[Finding]:
    """What instability scores detect, and what guidance by them finds."""
    ibg, plain = figures("runs/rare-ibg"), figures("runs/rare-ancestral")
    sweep = figures("guidance_sweep/layouts")
    correlation = figures("instability/layouts")["frobenius_truth"]
    rate = {
        (variant, place): percent(sweep[f"{variant}_{place}_rare_mode"])
        for variant in ("ibg", "plain", "random")
        for place in ("interior", "edge")
    }
    return [
        Finding(
            "Where a denoiser is unstable",
            "plots/instability/layouts/withheld.png",
            "Over many layouts, the instability of a network has a rank correlation of "
            f"{correlation:.2f} with the network's true error.",
            "dvc repro instability_report@layouts",
        ),
        Finding(
            "Guided towards instability",
            "plots/guidance_sweep/layouts.png",
            "A mode in the middle of a grid holds 1 % of the data. IBG puts "
            f"{percent(ibg['rare_mode'])} of the samples there; without guidance it is "
            f"{percent(plain['rare_mode'])}. Over many layouts, with networks and a rare mode "
            f"inside the others, the rare-mode rate is {rate['ibg', 'interior']}, without "
            f"guidance {rate['plain', 'interior']}. For a rare mode at the edge it is "
            f"{rate['ibg', 'edge']}; guidance in a random direction has "
            f"{rate['random', 'edge']}.",
            "dvc repro guidance_sweep_report@layouts",
        ),
    ]


def ratio() -> Finding:
    """Digits guided by a density ratio, at one scale."""
    f = figures("runs/digits-ratio-disc")
    return Finding(
        "Digits that match turned digits",
        "plots/runs/digits-ratio-disc.png",
        f"{percent(f['agreement'])} of the digits have the class of the image that they should "
        f"match; without guidance {percent(f['unguided_agreement'])}. FID is {f['fid']:.3g}, "
        f"without guidance {f['unguided_fid']:.3g}.",
        "dvc repro evaluate_with_guide@digits-ratio-disc",
    )


def matching(name: str, what: str, first: str, second: str) -> Finding:
    """Two figures without ratio guidance, at the study's scale and at the largest; `what` is what
    they are."""
    entry, measured = params.entry("matching", name), figures(f"matching/{name}")
    usual = min(entry["scales"], key=lambda scale: abs(scale - entry["scale"]))
    numbers = []
    for scale in sorted({0.0, usual, max(entry["scales"])}):
        a, b = (measured[f"given_{scale:g}_{key}"] for key in (first, second))
        where = f"at scale {scale:g}" if scale else "without guidance"
        numbers.append(f"{a:.3g} and {b:.3g} {where}")
    return Finding(
        f"By the scale of ratio guidance: {name}",
        f"plots/matching/{name}/strength.png",
        f"{what}: {'; '.join(numbers)}.",
        f"dvc repro matching_report@{name}",
    )


def paths() -> list[Finding]:
    """Paths between examples."""
    digits, exact = figures("paths/digits"), figures("paths/missing-exact")
    last = params.entry("paths", "digits")["levels"][-1]

    def actions(found: dict[str, float]) -> str:
        instanton, line = found["action_instanton"], found["action_line"]
        return f"The mean action is {instanton:.3g} for instantons and {line:.3g} for lines"

    return [
        Finding(
            "Paths around a withheld mode",
            "plots/paths/missing-exact/density.png",
            f"{actions(exact)} between the same points, in the score field of the exact denoiser.",
            "dvc repro paths_report@missing-exact",
        ),
        Finding(
            "From digit to digit",
            f"plots/paths/digits/strips-{last:g}.png",
            f"{actions(digits)} between the same points, in the score field of a network. "
            f"Hamiltonian paths have {digits['action_hamiltonian']:.3g}.",
            "dvc repro paths_report@digits",
        ),
    ]


def findings() -> list[Finding]:
    """All findings, in the order of the page."""
    linear = "Slope and residual variance (with the true ratio: 0.8 and 0.09 at scale 1)"
    return [
        *images(),
        few_steps("digits", "FID"),
        few_steps("bimodal", "Squared MMD"),
        *instability(),
        ratio(),
        matching("pairs", linear, "slope", "residual"),
        matching("digits", "Agreement and FID", "agreement", "fid"),
        *paths(),
    ]
