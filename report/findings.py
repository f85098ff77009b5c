"""The findings of this project: pictures, and sentences with the numbers that were measured."""

from dataclasses import dataclass

from report.markdown import scored
from report.results import figures
from scorefield.pipeline import params
from scorefield.pipeline.variants import cells


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
        Finding(
            "Shipped models",
            "plots/runs/mnist-unet.png",
            "Trained for hours on the full MNIST, and not ranked: a U-Net as DDPM has "
            f"{fid('mnist-unet')}, as DDDM {fid('mnist-unet-dddm')}.",
            "dvc repro evaluate@mnist-unet evaluate@mnist-unet-dddm",
        ),
    ]


def few_steps(name: str, score: str) -> Finding:
    """DDDM and DDPM with few DDIM steps and with more; `score` is what it is called."""
    entry, measured = params.entry("few_steps", name), figures(f"few_steps/{name}")

    def found(role: str, steps: int) -> str:
        key = f"{entry[role]}-ddim-{steps}"
        error = f" ± {measured[f'{key}_se']:.2g}" if f"{key}_se" in measured else ""
        return f"{measured[key]:.3g}{error}"

    counts = entry["steps"]["ddim"]
    numbers = [
        f"With {steps} steps it is {found('model', steps)} for DDDM and "
        f"{found('baseline', steps)} for DDPM."
        for steps in sorted({counts[:2][-1], counts[-1]})
    ]
    return Finding(
        f"Few steps: {name}",
        f"plots/few_steps/{name}.png",
        f"{score} of {entry['n']:,} samples by the number of network evaluations; lower is better. "
        f"{' '.join(numbers)}",
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
        calibration(),
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
        guided_digits(),
    ]


def calibration() -> Finding:
    """Whether the instability of digits is the error of the network."""
    found, levels = figures("instability/mnist"), params.entry("instability", "mnist")["levels"]
    ratios = [f"{found[f'error_ratio_{level:g}']:.2f} at {level:g}" for level in levels]
    return Finding(
        "Where digits are unstable",
        f"plots/instability/mnist/pixels-{levels[len(levels) // 2]:g}.png",
        "The posterior variance that a network claims, divided by its squared error; 1 is "
        f"right. By noise level it is {', '.join(ratios)}.",
        "dvc repro instability_report@mnist",
    )


def guided_digits() -> Finding:
    """What guidance towards instability does to digits."""
    entry, found = params.entry("guidance_sweep", "mnist"), figures("guidance_sweep/mnist")

    def change(role: str, label: str, key: str) -> str:
        most = max(scale for name, scale in cells(entry, role) if name == "ibg")
        cell = f"{label}_ibg_{most:g}"
        value, error = (100 * found[f"{cell}_{key}"] for key in (key, f"{key}_se"))
        return f"{value:+.1f} ± {error:.1f}"

    return Finding(
        "Digits guided towards instability",
        "plots/guidance_sweep/mnist-samples.png",
        f"7s are 1 % of the training images. IBG at the largest scale tried changes the share of "
        f"7s among {entry['n']} samples by {change('model', 'rare', 'gain')} percentage points "
        f"with a network and by {change('control', 'exact', 'gain')} with the exact law of the "
        "training images, and the share of incoherent samples by "
        f"{change('model', 'rare', 'cost')} and {change('control', 'exact', 'cost')}.",
        "dvc repro guidance_sweep_report@mnist",
    )


def ratio() -> Finding:
    """Digits guided by a density ratio, at its best scale."""
    f = figures("matching/mnist")

    def share(cell: str) -> str:
        rate, error = (f[f"{cell}_{key}"] for key in ("agreement", "agreement_se"))
        return f"{100 * rate:.1f} ± {percent(error)}"

    return Finding(
        "Digits that match turned digits",
        "plots/matching/mnist/given.png",
        f"{share('disc_best')} of the digits have the class of the image that they should match; "
        f"without guidance {share('unguided')}. FID is {scored(f, 'disc_best_fid')}, without "
        f"guidance {scored(f, 'unguided_fid')} (with 95 % intervals). The scale is "
        f"{f['disc_best_scale']:g}. At scale 1 the learned ratio has {share('disc_1')}; the exact "
        "ratio of the training images, with the exact denoiser of the same law, has "
        f"{share('exact_law_1')}.",
        "dvc repro matching_report@mnist",
    )


def matching(name: str, guide: str, what: str, first: str, second: str) -> Finding:
    """Two figures without ratio guidance, at scale 1 of a guide and at its largest; `what` is what
    they are."""
    entry = params.entry("matching_guides", f"{name}-{guide}")
    measured, most = figures(f"matching/{name}"), max(entry["scales"])
    ways = {"without guidance": "unguided", "at scale 1": f"{guide}_1"}
    numbers = []
    for where, way in (ways | {f"at scale {most:g}": f"{guide}_{most:g}"}).items():
        a, b = (scored(measured, f"{way}_{key}") for key in (first, second))
        numbers.append(f"{a} and {b} {where}")
    return Finding(
        f"By the scale of ratio guidance: {name}",
        f"plots/matching/{name}/strength.png",
        f"{what}: {'; '.join(numbers)}.",
        f"dvc repro matching_report@{name}",
    )


def paths() -> list[Finding]:
    """Paths between examples."""
    digits, exact = figures("paths/mnist"), figures("paths/missing-exact")
    levels = params.entry("paths", "mnist")["levels"]
    shown = f"{levels[(len(levels) - 1) // 2]:g}"  # that of the film, too

    def time(name: str) -> str:
        numbers = params.section("instanton", params.entry("paths", name))
        return f"T = {numbers['duration']:g} sigma^2"

    def goal(found: dict[str, float], key: str, level: str = "") -> list[str]:
        methods = ("instanton", "string", "line")
        return [f"{found[f'goal_{key}_{method}{level}']:.3g}" for method in methods]

    action, drop = goal(exact, "action"), goal(exact, "drop")
    of_digits = goal(digits, "action", f"_{shown}")
    return [
        Finding(
            "Paths around a withheld mode",
            "plots/paths/missing-exact/density.png",
            "In the score field of the exact denoiser, the mean time-free action is "
            f"{action[0]} for instantons ({time('missing-exact')}), {action[1]} for minimum energy "
            f"paths and {action[2]} for lines between the same points. The deepest fall of log p "
            f"is {drop[0]}, {drop[1]} and {drop[2]} nats.",
            "dvc repro paths_report@missing-exact",
        ),
        Finding(
            "From digit to digit",
            f"plots/paths/mnist/strips-{shown}.png",
            f"In the score field of a network at noise level {shown}, the mean time-free action is "
            f"{of_digits[0]} for instantons ({time('mnist')}) and {of_digits[2]} for lines "
            "between the same points. Twice the time changes the action of instantons by up to "
            f"{percent(digits['time_change'], 0)}, over all noise levels.",
            "dvc repro paths_report@mnist",
        ),
    ]


def findings() -> list[Finding]:
    """All findings, in the order of the page."""
    linear = "Slope and residual variance (with the true ratio: 0.8 and 0.09 at scale 1)"
    return [
        *images(),
        few_steps("mnist", "FID"),
        few_steps("bimodal", "Squared MMD"),
        *instability(),
        ratio(),
        matching("pairs", "disc", linear, "slope", "residual"),
        matching("mnist", "disc", "Agreement and FID", "agreement", "fid"),
        *paths(),
    ]
