"""The tables of the studies in README.md and docs, from what was measured."""

from collections.abc import Sequence

import pandas

from report.markdown import number, table, with_error
from report.results import Row, figures, rows
from scorefield.pipeline import params

LOSSES = ("disc", "dv", "kliep", "rulsif", "ulsif")
RARE_RUNS = ("rare-ddim", "rare-ancestral", "rare-ibg", "rare-random", "rare-minus-score")
PLAIN = "plain"  # the variant without guidance
DENOISERS = {"model": "network", "control": "exact"}
DIGITS = {"model": "7s at 1 %", "control": "7s withheld", "real": "real images, no 7s"}


# few steps


def few_steps(name: str, score: str) -> str:
    """A score by the number of steps, as the mean over seeds."""
    found = pandas.DataFrame(rows(f"few_steps/{name}"))
    wide = found.pivot_table(score, ["model", "sampler"], "steps", sort=False)
    labels = [[str(part) for part in label] for label in wide.index]
    listed = [
        [*label, *map(number, line)] for label, line in zip(labels, wide.to_numpy(), strict=True)
    ]
    return table(["model", "sampler", *map(str, wide.columns)], listed, text_columns=2)


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


def instability_digits() -> str:
    """Digits: how well a score detects the withheld class, and what simple features explain."""
    found = rows("instability/digits")
    keys = ("score", "level", "role", "figure")
    shown = {tuple(r[k] for k in keys): f"{r['mean']:.2f} ± {r['se']:.2f}" for r in found}
    columns = [("model", "auroc"), ("control", "auroc")]
    columns += [("model", look) for look in ("confidence", "distance", "png")]
    listed = [
        [f"{score}, {level:g}", *(shown[score, level, *column] for column in columns)]
        for score, level in dict.fromkeys((r["score"], r["level"]) for r in found)
    ]
    areas = ["AUROC, 7s withheld", "AUROC, 7s seen"]
    head = ["score, sigma / alpha", *areas, "confidence", "distance", "PNG size"]
    return table(head, listed)


def guidance_sweep_digits() -> str:
    """Digits: rates of every variant and scale."""

    def label(row: Row) -> str:
        plain = row["variant"] in (PLAIN, "data")
        return row["variant"] if plain else f"{row['variant']}, {row['scale']:g}"

    keys = ("rare_mode", "coherent", "novel")
    listed = [
        [DIGITS[row["role"]], label(row), *(with_error(row, key) for key in keys)]
        for row in rows("guidance_sweep/digits")
    ]
    head = ["training data", "variant, scale", "rare-mode rate", "coherent", "coherent and novel"]
    return table(head, listed, text_columns=2)


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


def matching(name: str, keys: Sequence[str]) -> str:
    """Figures by scale and by where y comes from."""
    listed = [
        [
            f"{r['y_from']}, {r['scale']:g}",
            with_error(r, "agreement"),
            *(number(r[k]) for k in keys),
        ]
        for r in rows(f"matching/{name}")
    ]
    return table(["y from, scale", "agreement", *keys], listed)


def ratio_losses() -> str:
    """Digits guided by a ratio of each loss, and unguided."""
    scores = ("fid", "precision", "recall", "entropy")
    of_model = ("mutual_information", "calibration_worst", "pair_accuracy")
    listed = []
    for loss in LOSSES:
        run, model = (figures(f"{kind}/digits-ratio-{loss}") for kind in ("runs", "models"))
        shown = [*(number(run[key]) for key in scores), *(f"{model[key]:.3f}" for key in of_model)]
        listed.append([loss, with_error(run, "agreement"), *shown])
    plain = {k.removeprefix("unguided_"): v for k, v in run.items() if k.startswith("unguided_")}
    shown = [number(plain["fid"]), "", "", number(plain["entropy"]), "", "", ""]
    listed.append(["unguided", with_error(plain, "agreement"), *shown])
    head = ["loss", "agreement", "FID", *scores[1:]]
    return table([*head, "mutual information", "worst calibration E[r]", "pair accuracy"], listed)


# paths


def paths(name: str, keys: Sequence[str]) -> str:
    """Figures of every path."""
    listed = [
        [
            f"{r['endpoints'].replace('class ', '')}, {r['noise']:g}, {r['target']}: {r['method']}",
            *(number(r[key]) for key in keys),
        ]
        for r in rows(f"paths/{name}")
    ]
    return table(["endpoints, noise, target: path", *(k.replace("_", " ") for k in keys)], listed)
