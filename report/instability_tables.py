"""The tables of the studies of instability and of guidance by it, from what was measured."""

from report.markdown import table, with_error
from report.results import Row, figures, rows
from scorefield.pipeline import params

RARE_RUNS = ("rare-ddim", "rare-ancestral", "rare-ibg", "rare-random", "rare-minus-score")
PLAIN = "plain"  # the variant without guidance
DENOISERS = {"model": "network", "control": "exact"}
IMAGES = {"model": "network", "control": "exact law", "withheld": "network, no 7s"}


def rare_runs() -> str:
    """Runs on a grid with a rare mode: rare-mode and off-mode rates with their standard errors."""
    found = {name: figures(f"runs/{name}") for name in RARE_RUNS}
    listed = [
        [name, with_error(f, "rare_mode"), with_error(f, "off_mode")] for name, f in found.items()
    ]
    return table(["run", "rare-mode rate", "off-mode rate"], listed)


def guidance_sweep_layouts() -> str:
    """Rates at the scales that were best on the other half of the layouts."""
    found = figures("guidance_sweep/layouts")
    variants = (PLAIN, *params.entry("guidance_sweep", "layouts")["variants"])

    def rates(label: str) -> str:
        return f"{with_error(found, f'{label}_rare_mode')} ({found[f'{label}_off_mode']:.3f})"

    def scales(label: str) -> str:
        chosen = sorted({found[f"{label}_scale_{half}"] for half in (0, 1)})
        return ", ".join(f"{scale:g}" if scale else "unguided" for scale in chosen)

    listed = []
    for role, name in DENOISERS.items():
        for variant in variants:
            label = variant if role == "model" else f"{role}_{variant}"
            shown = "" if variant == PLAIN else scales(label)
            places = [rates(f"{label}_{place}") for place in ("interior", "edge")]
            listed.append([f"{name}, {variant}", shown, *places])
    return table(["denoiser, variant", "scales", "interior", "edge"], listed)


def rates_by_scale(variant: str, place: str) -> str:
    """Rare-mode and off-mode rates of one variant at every scale, where the mode has 1 % of the
    data."""
    wanted = {"regime": "rare", "place": place}
    found = [
        row
        for row in rows("guidance_sweep/layouts")
        if row["variant"] in (PLAIN, variant) and all(row[k] == v for k, v in wanted.items())
    ]
    rates = {(row["role"], row["scale"]): row for row in found}
    scales = sorted({scale for _, scale in rates})
    listed = [
        [f"{name}, {what}", *(f"{100 * rates[role, scale][key]:.1f} %" for scale in scales)]
        for role, name in DENOISERS.items()
        for key, what in (("rare_mode", "rare-mode rate"), ("off_mode", "off-mode rate"))
    ]
    return table(["denoiser", *(f"scale {s:g}" if s else "unguided" for s in scales)], listed)


def instability_scores() -> str:
    """What each score detects, of networks and, in brackets, of exact denoisers."""
    found = figures("instability/layouts")

    def both(key: str) -> str:
        return f"{with_error(found, key, 2)} ({found[f'control_{key}']:.2f})"

    scores = sorted(key.removesuffix("_truth") for key in found if key.endswith("_truth"))
    listed = [
        [
            *(score, *(both(f"{score}_{area}") for area in ("auroc_train", "auroc"))),
            f"{with_error(found, f'{score}_auroc_decoy')} "
            f"({found[f'control_{score}_auroc_decoy']:.3f})",
            *(with_error(found, f"{score}_truth", 2), with_error(found, f"{score}_error")),
        ]
        for score in scores
    ]
    against = ["training data", "points as far out", "decoy"]
    areas = [f"AUROC against {other}" for other in against]
    return table(["score", *areas, "correlation with error", "distance to exact"], listed)


def interval(found: Row, key: str) -> str:
    """A figure with its 95 % interval."""
    return f"{found[key]:.2f} ({found[f'{key}_low']:.2f} to {found[f'{key}_high']:.2f})"


def calibration() -> str:
    """Digits: the score `trace` over the squared error of the same denoiser, and its correlation
    with the exact posterior variance, by noise level."""
    found = figures("instability/mnist")
    keys = [f"{before}error_ratio" for before in ("", "withheld_", "control_")]
    keys += ["correlation", "control_correlation", "pixel_correlation"]
    listed = [
        [f"{level:g}", *(interval(found, f"{key}_{level:g}") for key in keys)]
        for level in params.entry("instability", "mnist")["levels"]
    ]
    ratios = [f"score / error, {IMAGES[role]}" for role in ("model", "withheld", "control")]
    others = [f"correlation, {IMAGES[role]}" for role in ("model", "control")]
    return table(["sigma / alpha", *ratios, *others, "over pixels, network"], listed)


def scores_of_images(found: Row) -> list[str]:
    """The names of the scores among the figures of digits."""
    ends = (key.removesuffix("_auroc_gain") for key in found if key.endswith("_auroc_gain"))
    return sorted(end.removeprefix("withheld_") for end in ends)


def image_scores() -> str:
    """Digits: what each score says of the withheld class, of the error and of the evaluator, as
    means over noise levels."""
    found = figures("instability/mnist")
    columns = {
        "AUROC, 7s seen": "{}_auroc",
        "AUROC, no 7s seen": "withheld_{}_auroc",
        "paired gain": "withheld_{}_auroc_gain",
        "partial: error": "{}_error_partial",
        "error, exact law": "control_{}_error_partial",
        "confidence": "{}_confidence_partial",
        "mistakes": "{}_mistake_partial",
    }
    listed = [
        [score, *(interval(found, key.format(score)) for key in columns.values())]
        for score in scores_of_images(found)
    ]
    return table(["score", *columns], listed)


def intervals(form: str, neutral: float) -> str:
    """Digits: the scores whose figure, a key with the score's name in it, has a 95 % interval above
    or below a value that says nothing."""
    found = figures("instability/mnist")
    of = {f"`{score}`": form.format(score) for score in scores_of_images(found)}
    sides = {
        "above": [score for score, key in of.items() if found[f"{key}_low"] > neutral],
        "below": [score for score, key in of.items() if found[f"{key}_high"] < neutral],
    }
    said = []
    for side, names in sides.items():
        listed = "all scores" if len(names) == len(of) else ", ".join(names) or "no score"
        said.append(f"{side} {neutral:g} for {listed}")
    return f"95 % intervals are {' and '.join(said)}"


def image_sweep() -> str:
    """Digits: what every variant and scale adds to the rare-mode rate and to the off-mode rate of
    unguided samples, of each denoiser; in the first row and the last the rates themselves."""
    found = {(r["variant"], r["scale"], r["role"]): r for r in rows("guidance_sweep/mnist")}

    def cells(variant: str, scale: float) -> list[str]:
        keys = ("rare_mode", "off_mode") if variant in (PLAIN, "data") else ("gain", "cost")
        each = [found.get((variant, scale, role)) for role in IMAGES]
        return [with_error(row, key) if row else "" for key in keys for row in each]

    real = found["data", 0.0, "real"]
    order = [PLAIN, *params.entry("guidance_sweep", "mnist")["variants"]]
    tried = {(variant, scale) for variant, scale, role in found if role in IMAGES}
    listed = [
        ["unguided: rate" if variant == PLAIN else f"{variant}, {scale:g}", *cells(variant, scale)]
        for variant, scale in sorted(tried, key=lambda cell: (order.index(cell[0]), cell[1]))
    ]
    head = [f"{what}, {name}" for what in ("7s", "off-mode") for name in IMAGES.values()]
    listed.append(
        [
            "real images: rate",
            with_error(real, "rare_mode"),
            "",
            "",
            with_error(real, "off_mode"),
            "",
            "",
        ]
    )
    return table(["variant, scale", *head], listed)
