"""The tables and the drawing of the pipeline in README.md and docs, from what was measured."""

import re
import subprocess
import sys
from typing import Any

import pandas

from report.markdown import cell, shown, table
from scorefield.core import params
from scorefield.core.files import load_json

VALIDATED = "check"  # the stage before all others: its arrows would hide the rest
LOSSES = ("disc", "dv", "kliep", "rulsif", "ulsif")
RARE = ("rare-ddim", "rare-ancestral", "rare-ibg", "rare-random", "rare-minus-score")
PLANE = ("action", "length", "barrier", "barrier_true", "barrier_flow")
IMAGES = (
    "action",
    "length",
    "barrier",
    "barrier_flow",
    "rise",
    "distance",
    "certainty",
    "switches",
)


def rows(path: str) -> list[dict[str, Any]]:
    """The lines of a table of metrics."""
    return pandas.read_csv(f"metrics/{path}.csv").to_dict("records")


def figures(path: str) -> dict[str, Any]:
    """A file of metrics, by its path below `metrics` without the ending."""
    return load_json(f"metrics/{path}.json")


# the pipeline


def arrows() -> dict[str, set[str]]:
    """What follows each stage, without the one that checks parameters."""
    command = [sys.executable, "-m", "dvc", "dag", "--md", "--collapse-foreach-matrix"]
    drawn = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    names = dict(re.findall(r'(node\d+)\["(.*?)"\]', drawn))
    after: dict[str, set[str]] = {name: set() for name in names.values() if name != VALIDATED}
    for before, then in re.findall(r"(node\d+)-->(node\d+)", drawn):
        if names[before] != VALIDATED:
            after[names[before]].add(names[then])
    return after


def graph() -> str:
    """The pipeline as mermaid; an arrow that others imply is left out."""
    after = arrows()

    def reached(stage: str) -> set[str]:
        return after[stage].union(*(reached(then) for then in after[stage]))

    lines = []
    for stage in sorted(after, key=lambda stage: -len(reached(stage))):
        implied = set().union(*(reached(then) for then in after[stage]))
        if direct := sorted(after[stage] - implied):
            lines.append(f"  {stage} --> {' & '.join(direct)}")
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```"])


# few steps


def curve(name: str, score: str) -> str:
    """A score by the number of steps."""
    found = pandas.DataFrame(rows(f"curves/{name}"))
    wide = found.pivot_table(score, ["model", "sampler"], "steps", sort=False)
    listed = [[*label, *(shown(value) for value in line)] for label, line in wide.iterrows()]
    return table(["model", "sampler", *map(str, wide.columns)], listed, words=2)


# instability


def rare() -> str:
    """Hits of the rare mode and junk, with their standard errors, per run."""
    found = {name: figures(f"runs/{name}") for name in RARE}
    listed = [[name, cell(f, "hit"), cell(f, "junk")] for name, f in found.items()]
    return table(["run", "hits the rare mode", "junk, outside of every mode"], listed)


def sweep() -> str:
    """Hits and junk at the scales that were best on the other half of the layouts."""
    found, ways = figures("sweeps/layouts"), params.entry("sweeps", "layouts")["ways"]

    def both(role: str, way: str, place: str) -> str:
        label = f"{role}_{way}_{place}"
        return f"{cell(found, f'{label}_hit')} ({found[f'{label}_junk']:.3f})"

    listed = []
    for role, name in (("model", "network"), ("control", "exact")):
        for way in ("plain", *ways):
            scales = sorted({found[f"{role}_{way}_scale_{half}"] for half in (0, 1)})
            told = ", ".join(f"{scale:g}" if scale else "unguided" for scale in scales)
            places = [both(role, way, place) for place in ("interior", "edge")]
            listed.append([f"{name}, {way}", "" if way == "plain" else told, *places])
    return table(["denoiser, way", "scales", "inside", "edge"], listed)


def known() -> str:
    """What each score tells apart, of networks and, in brackets, of exact denoisers."""
    found = figures("maps/plane")
    both = lambda key: f"{cell(found, key, 2)} ({found[f'control_{key}']:.2f})"
    scores = sorted(key.removesuffix("_truth") for key in found if key.endswith("_truth"))
    listed = [
        [
            *(score, *(both(f"{score}_{area}") for area in ("auroc_train", "auroc"))),
            f"{cell(found, f'{score}_auroc_decoy')} ({found[f'control_{score}_auroc_decoy']:.3f})",
            *(cell(found, f"{score}_truth", 2), cell(found, f"{score}_error")),
        ]
        for score in scores
    ]
    head = ["score", "training data", "junk as far out", "a decoy", "true error", "off exact"]
    return table(head, listed)


def looks() -> str:
    """Digits: the withheld class, and what plain looks explain, at each noise level."""
    found = rows("maps/digits")
    keys = ("score", "level", "role", "figure")
    told = {tuple(r[k] for k in keys): f"{r['mean']:.2f} ± {r['se']:.2f}" for r in found}
    plain = [("model", "auroc"), ("control", "auroc")]
    plain += [("model", look) for look in ("confidence", "distance", "png")]
    listed = [
        [f"{score}, {level:g}", *(told[score, level, *key] for key in plain)]
        for score, level in dict.fromkeys((r["score"], r["level"]) for r in found)
    ]
    head = ["score, sigma / alpha", "7 never seen", "seen", "confidence", "distance", "PNG size"]
    return table(head, listed)


def digits_sweep() -> str:
    """Digits: hits only count where they are coherent."""
    names = {"model": "7 at 1 %", "control": "7 withheld", "real": "real images but 7"}
    label = lambda r: r["way"] if r["way"] in ("plain", "data") else f"{r['way']} {r['scale']:g}"
    listed = [
        [names[r["role"]], label(r), *(cell(r, key) for key in ("hit", "coherent", "novel"))]
        for r in rows("sweeps/digits")
    ]
    return table(["model", "way", "hits", "coherent", "coherent and novel"], listed, words=2)


# ratios


def cosines() -> str:
    """Learned ratios of pairs in the plane against the truth."""
    keys = ("cosine_0.5", "cosine_1", "cosine_2", "cosine", "rms_error", "information")
    listed = []
    for name in (*LOSSES, "joint"):
        found = figures(f"models/pairs-ratio-{name}")
        listed.append([name, *(f"{found[key]:.3f}" for key in (*keys, "normaliser_worst"))])
    head = ["loss", "cosine at .5", "at 1", "at 2", "mean", "error", "information", "E e^T"]
    return table(head, listed)


def matches(name: str, keys: list[str]) -> str:
    """Figures at each scale, and of y that are drawn."""
    listed = [
        [f"{r['way']}, {r['scale']:g}", cell(r, "agreement"), *(shown(r[key]) for key in keys)]
        for r in rows(f"matches/{name}")
    ]
    return table(["y, scale", "agreement", *keys], listed)


def losses() -> str:
    """Digits by the five losses, and unguided."""
    keys, told = ("fid", "precision", "recall", "entropy"), ("information", "normaliser_worst")
    listed = []
    for loss in LOSSES:
        run, model = (figures(f"{kind}/digits-ratio-{loss}") for kind in ("runs", "models"))
        scores = [shown(run[key]) for key in keys]
        scores += [f"{model[key]:.3f}" for key in (*told, "told_apart")]
        listed.append([loss, cell(run, "agreement"), *scores])
    plain = {k.removesuffix("_unguided"): v for k, v in run.items() if k.endswith("_unguided")}
    scores = [shown(plain["fid"]), "", "", shown(plain["entropy"]), "", "", ""]
    listed.append(["unguided", cell(plain, "agreement"), *scores])
    head = ["loss", "agreement", "FID", *keys[1:], told[0], "E e^T", "told apart"]
    return table(head, listed)


# paths


def paths(name: str, keys: tuple[str, ...]) -> str:
    """Figures of every path."""
    listed = [
        [
            f"{r['journey'].replace('class ', '')}, {r['noise']:g}, {r['ends']}: {r['method']}",
            *(shown(r[key]) for key in keys),
        ]
        for r in rows(f"paths/{name}")
    ]
    return table(["journey, noise, ends: path", *keys], listed)
