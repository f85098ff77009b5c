"""The tables of the studies in README.md and docs, from what was measured."""

from collections.abc import Sequence
from pathlib import Path

import pandas

from report.markdown import number, table, with_error
from report.results import Row, figures, rows
from scorefield.pipeline import params
from scorefield.pipeline.files import load_json

LOSSES = ("disc", "dv", "kliep", "rulsif", "ulsif")
RARE_RUNS = ("rare-ddim", "rare-ancestral", "rare-ibg", "rare-random", "rare-minus-score")
PLAIN = "plain"  # the variant without guidance
DENOISERS = {"model": "network", "control": "exact"}
DIGITS = {"model": "network", "control": "exact law", "withheld": "network, no 7s"}


# few steps


def few_steps(name: str, score: str) -> str:
    """A score by the number of steps, as the mean over seeds, with its standard error where that of
    each seed is known; below it the number of samples and the floor."""
    found, measured = pandas.DataFrame(rows(f"few_steps/{name}")), figures(f"few_steps/{name}")
    steps = sorted(found["steps"].unique())

    def cell(key: str) -> str:
        if key not in measured:
            return ""
        mean = number(measured[key])
        if f"{score}_se" not in found:
            return mean
        return f"{mean} ± {number(measured[f'{key}_se'], '.2g')}"

    listed = [
        [model, sampler, *(cell(f"{model}-{sampler}-{each}") for each in steps)]
        for model, sampler in dict.fromkeys(zip(found["model"], found["sampler"], strict=True))
    ]
    text = table(["model", "sampler", *map(str, steps)], listed, text_columns=2)
    n, floor = params.entry("few_steps", name)["n"], number(measured[f"{score}_floor"])
    return f"{text}\n\nn = {n:,} samples; floor: {floor}."


# instability


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


def instability_figure(score: str, role: str, level: float, figure: str) -> str:
    """Digits: one figure of a score at one noise level, with its 95 % interval."""
    place = {"score": score, "role": role, "level": level, "figure": figure}
    each = rows("instability/digits")
    (found,) = (row for row in each if all(row[key] == place[key] for key in place))
    return interval({"x": found["mean"], "x_low": found["low"], "x_high": found["high"]}, "x")


def calibration_digits() -> str:
    """Digits: the score `trace` over the squared error of the same denoiser, and its correlation
    with the exact posterior variance, by noise level."""
    found = figures("instability/digits")
    keys = [f"{before}error_ratio" for before in ("", "withheld_", "control_")]
    keys += ["correlation", "control_correlation", "pixel_correlation"]
    listed = [
        [f"{level:g}", *(interval(found, f"{key}_{level:g}") for key in keys)]
        for level in params.entry("instability", "digits")["levels"]
    ]
    ratios = [f"score / error, {DIGITS[role]}" for role in ("model", "withheld", "control")]
    others = [f"correlation, {DIGITS[role]}" for role in ("model", "control")]
    return table(["sigma / alpha", *ratios, *others, "over pixels, network"], listed)


def instability_digits() -> str:
    """Digits: what each score says of the withheld class, of the error and of the evaluator, as
    means over noise levels."""
    found = figures("instability/digits")
    columns = {
        "AUROC, 7s seen": "{}_auroc",
        "AUROC, no 7s seen": "withheld_{}_auroc",
        "paired gain": "withheld_{}_auroc_gain",
        "partial: error": "{}_error_partial",
        "error, exact law": "control_{}_error_partial",
        "confidence": "{}_confidence_partial",
        "mistakes": "{}_mistake_partial",
    }
    scores = sorted(
        key.removesuffix("_auroc_gain").removeprefix("withheld_")
        for key in found
        if key.endswith("_auroc_gain")
    )
    listed = [
        [score, *(interval(found, key.format(score)) for key in columns.values())]
        for score in scores
    ]
    return table(["score", *columns], listed)


def guidance_sweep_digits() -> str:
    """Digits: what every variant and scale adds to the rare-mode rate and to the off-mode rate of
    unguided samples, of each denoiser; in the first row and the last the rates themselves."""
    found = {(r["variant"], r["scale"], r["role"]): r for r in rows("guidance_sweep/digits")}

    def cells(variant: str, scale: float) -> list[str]:
        keys = ("rare_mode", "off_mode") if variant in (PLAIN, "data") else ("gain", "cost")
        each = [found.get((variant, scale, role)) for role in DIGITS]
        return [with_error(row, key) if row else "" for key in keys for row in each]

    real = found["data", 0.0, "real"]
    tried = dict.fromkeys((variant, scale) for variant, scale, role in found if role in DIGITS)
    listed = [
        ["unguided: rate" if variant == PLAIN else f"{variant}, {scale:g}", *cells(variant, scale)]
        for variant, scale in tried
    ]
    head = [f"{what}, {name}" for what in ("7s", "off-mode") for name in DIGITS.values()]
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


# ratios


def learned_ratios() -> str:
    """Learned ratios of pairs in 2-D against the exact ratio."""
    keys = ("cosine_0.5", "cosine_1", "cosine_2", "cosine", "rms_error", "mutual_information")
    listed = []
    for name in (*LOSSES, "joint"):
        found = figures(f"models/pairs-ratio-{name}")
        listed.append([name, *(f"{found[key]:.3f}" for key in (*keys, "calibration_worst"))])
    cosines = ["cosine at 0.5", "at 1", "at 2", "mean cosine"]
    head = ["loss", *cosines, "RMS error", "mutual information", "worst calibration E[r]"]
    return table(head, listed)


def scored(row: Row, key: str) -> str:
    """A figure with its 95 % interval or its standard error, where it has one."""
    if f"{key}_low" in row:
        low, high = number(row[f"{key}_low"]), number(row[f"{key}_high"])
        return f"{number(row[key])} ({low} to {high})"
    return with_error(row, key) if f"{key}_se" in row else number(row[key])


def matching(name: str, keys: Sequence[str]) -> str:
    """Figures by kind of samples and by scale."""
    shown = ("agreement", *keys)
    listed = [
        [r["kind"], f"{r['scale']:g}", *(scored(r, key) for key in shown)]
        for r in rows(f"matching/{name}")
    ]
    words = {"fid": "FID (95 %)", "mmd2": "squared MMD", "residual": "residual variance"}
    head = [words.get(key, key.replace("_", " ")) for key in shown]
    return table(["kind", "scale", *head], listed)


def ratio_losses() -> str:
    """Digits guided by a ratio of each loss, at the scales that all losses have."""
    of_model = ("mutual_information", "calibration_worst", "pair_accuracy")
    entries = (params.entry("matching_guides", f"digits-{loss}") for loss in LOSSES)
    scales = sorted(set.intersection(*(set(entry["scales"]) for entry in entries)))
    cells = [(scale, key) for key in ("agreement", "coherent") for scale in scales]
    found, listed = figures("matching/digits"), []
    for loss in LOSSES:
        model = figures(f"models/digits-ratio-{loss}")
        shown = (with_error(found, f"{loss}_{scale:g}_{key}") for scale, key in cells)
        listed.append([loss, *shown, *(f"{model[key]:.3f}" for key in of_model)])
    head = [f"{key}, scale {scale:g}" for scale, key in cells]
    own = ["mutual information", "worst calibration E[r]", "pair accuracy"]
    return table(["loss", *head, *own], listed)


# paths


def paths(name: str, keys: Sequence[str], by: Sequence[str] = ("noise", "endpoints")) -> str:
    """Figures of the paths to the goal by noise level and pair of endpoints, or means over what
    `by` leaves out."""
    every = pandas.DataFrame(rows(f"paths/{name}"))
    goal = every[every["target"] == "goal"]
    found = goal.groupby([*by, "method"], sort=False)[[*keys]].mean().reset_index()
    listed = [
        [
            ", ".join(f"{row[key]:g}" if key == "noise" else row[key] for key in by),
            row["method"],
            *(number(row[key], ",.0f" if row[key] >= 1000 else ".3g") for key in keys),
        ]
        for row in found.to_dict("records")
    ]
    time = params.section("instanton", params.entry("paths", name))["duration"]
    words = {
        "action": "time-free action",
        "own": f"S_T, T = {time:g} sigma^2",
        "barrier_true": "true barrier",
    }
    return table(
        [", ".join(by), "path", *(words.get(key, key) for key in keys)], listed, text_columns=2
    )


def goal_paths(name: str, key: str) -> pandas.DataFrame:
    """One figure of the paths to the goal: a row for each noise level and pair of endpoints, a
    column for each method."""
    found = pandas.DataFrame(rows(f"paths/{name}"))
    goal = found[found["target"] == "goal"]
    return goal.pivot_table(key, ["noise", "endpoints"], "method")


def path_figure(key: str, method: str, name: str, noise: float, endpoints: str) -> float:
    """One figure of the path to the goal by one method."""
    value: float = goal_paths(name, key)[method][noise, endpoints]
    return value


def path_range(name: str, key: str) -> str:
    """The least and the largest of a figure of the instantons to the goal."""
    found = goal_paths(name, key)["instanton"]
    return f"{found.min():.2g} to {found.max():.2g}"


def path_ratio(name: str, first: str, second: str, key: str) -> str:
    """The least and the largest ratio of a figure of the paths by two methods."""
    found = goal_paths(name, key)
    ratio = found[first] / found[second]
    return f"{ratio.min():.1f} to {ratio.max():.1f}"


def path_below(name: str, first: str, second: str, key: str) -> str:
    """In how many cases a figure of the first method is below that of the second."""
    found = goal_paths(name, key)
    return f"{(found[first] < found[second]).sum()} of {len(found)}"


def path_convergence(names: Sequence[str]) -> str:
    """Whether the searches for instantons converged, and which time they have."""
    columns = {
        "nodes_change": "change with twice the nodes",
        "time_change": "with twice the time",
        "start_gap": "second best start",
        "agreeing": "starts agree",
        "apart": "two minima",
    }
    listed = []
    for name in names:
        found, spec = (
            figures(f"paths/{name}"),
            params.section("instanton", params.entry("paths", name)),
        )
        shares = (f"{100 * found[key]:.2g} %" for key in columns)
        listed.append([f"`{name}`", f"{spec['duration']:g}", f"{spec['nodes']}", *shares])
    return table(["entry", "T / sigma^2", "nodes", *columns.values()], listed)


# shipped models


def zoo() -> str:
    """The shipped models: images seen, hours, FID with its interval and coherent share."""
    listed = []
    for file in sorted(Path("zoo").glob("*/card.json")):
        card = load_json(file)
        scores = ["", ""]
        if "fid" in card:
            low, high = number(card["fid_low"]), number(card["fid_high"])
            scores = [f"{number(card['fid'])} ({low} to {high})", f"{card['coherent']:.1%}"]
        if "accuracy" in card["training"]:
            scores = [f"accuracy {card['training']['accuracy']:.1%}", ""]
        cost = [f"{card['images_seen'] / 1e6:.2g} million", f"{card['hours']:.1f}"]
        listed.append([f"[`{card['name']}`](../{file.with_name('card.md')})", *cost, *scores])
    return table(["model", "images seen", "hours", "FID (95 %)", "coherent"], listed)
