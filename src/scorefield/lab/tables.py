"""The tables of README.md and docs, from what the pipeline measured."""

import json
import subprocess
from pathlib import Path

import pandas

from scorefield.core.params import load
from scorefield.lab.benched import contest, overhead, ranks, scale, speed


def graph() -> str:
    command = ["dvc", "dag", "--md", "--collapse-foreach-matrix"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def curve(name: str, score: str) -> str:
    table = pandas.read_csv(f"metrics/curves/{name}.csv")
    wide = table.pivot_table(score, ["model", "sampler"], "steps", sort=False)
    return wide.reset_index().to_markdown(index=False, floatfmt=".3g")


def found(path: str) -> dict[str, float]:
    return json.loads(Path("metrics", path).read_text())


def cell(figures: dict[str, float], key: str) -> str:
    return f"{figures[key]:.3f} ± {figures[f'{key}_se']:.3f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rare() -> str:
    """Hits of the rare mode and junk, with their standard errors, per run."""
    names = ("rare-ddim", "rare-ancestral", "rare-ibg", "rare-random", "rare-minus-score")
    figures = {name: found(f"runs/{name}.json") for name in names}
    rows = [[name, cell(f, "hit"), cell(f, "junk")] for name, f in figures.items()]
    return table(["run", "hits the rare mode", "junk, outside of every mode"], rows)


def sweep() -> str:
    """Hits and junk at the scales that were best on the other half of the layouts."""
    figures, ways = found("sweeps/layouts.json"), load()["sweeps"]["layouts"]["ways"]

    def both(role: str, way: str, place: str) -> str:
        label = f"{role}_{way}_{place}"
        return f"{cell(figures, f'{label}_hit')} ({figures[f'{label}_junk']:.3f})"

    rows = []
    for role, name in (("model", "network"), ("control", "exact")):
        for way in ("plain", *ways):
            scales = sorted({figures[f"{role}_{way}_scale_{half}"] for half in (0, 1)})
            told = ", ".join(f"{scale:g}" if scale else "unguided" for scale in scales)
            places = [both(role, way, place) for place in ("interior", "edge")]
            rows.append([f"{name}, {way}", "" if way == "plain" else told, *places])
    return table(["denoiser, way", "scales", "inside", "edge"], rows)


def known() -> str:
    """What each score tells apart, of networks and, in brackets, of exact denoisers."""
    figures = found("maps/plane.json")
    both = lambda key: f"{cell(figures, key)} ({figures[f'control_{key}']:.3f})"
    scores = sorted(key.removesuffix("_truth") for key in figures if key.endswith("_truth"))
    areas = ("auroc_train", "auroc", "auroc_decoy")
    rows = [
        [
            s,
            *(both(f"{s}_{a}") for a in areas),
            cell(figures, f"{s}_truth"),
            cell(figures, f"{s}_error"),
        ]
        for s in scores
    ]
    head = [
        "score",
        "against training data",
        "junk as far out",
        "a decoy",
        "true error",
        "off exact",
    ]
    return table(head, rows)


def looks() -> str:
    """Digits: the withheld class, and what plain looks explain, at each noise level."""
    rows = pandas.read_csv("metrics/maps/digits.csv").set_index(
        ["score", "level", "role", "figure"]
    )
    told = lambda *key: "{mean:.2f} ± {se:.2f}".format(**rows.loc[key])
    shown = [
        [
            f"{score}, {level:g}",
            told(score, level, "model", "auroc"),
            told(score, level, "control", "auroc"),
            *(told(score, level, "model", look) for look in ("confidence", "distance", "png")),
        ]
        for score, level in rows.index.droplevel([2, 3]).unique()
    ]
    head = ["score, sigma / alpha", "7 never seen", "seen", "confidence", "distance", "PNG size"]
    return table(head, shown)


def digits() -> str:
    """Digits: hits only count where they are coherent."""
    rows = pandas.read_csv("metrics/sweeps/digits.csv").to_dict("records")
    names = {"model": "7 at 1 %", "control": "7 withheld", "real": "real images but 7"}
    label = lambda r: r["way"] if r["way"] in ("plain", "data") else f"{r['way']} {r['scale']:g}"
    shown = [
        [names[r["role"]], label(r), *(cell(r, k) for k in ("hit", "coherent", "novel"))]
        for r in rows
    ]
    return table(["model", "way", "hits", "coherent", "coherent and novel"], shown)


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
LOSSES = ("disc", "dv", "kliep", "rulsif", "ulsif")


def cosines() -> str:
    """Learned ratios of pairs in the plane against the truth."""
    keys = ("cosine_0.5", "cosine_1", "cosine_2", "cosine", "rms_error", "information")
    rows = []
    for name in (*LOSSES, "joint"):
        figures = found(f"models/pairs-ratio-{name}.json")
        told = [f"{figures[key]:.3f}" for key in (*keys, "normaliser_worst")]
        rows.append([name, *told])
    head = ["loss", "cosine at .5", "at 1", "at 2", "mean", "error", "information", "E e^T"]
    return table(head, rows)


def matches(name: str, keys: tuple[str, ...]) -> str:
    """Figures at each scale, and of y that are drawn."""
    rows = pandas.read_csv(f"metrics/matches/{name}.csv").to_dict("records")
    shown = [
        [f"{r['way']}, {r['scale']:g}", cell(r, "agreement"), *(f"{r[k]:.3g}" for k in keys)]
        for r in rows
    ]
    return table(["y, scale", "agreement", *keys], shown)


def losses() -> str:
    """Digits by the five losses, and unguided."""
    rows = []
    for loss in LOSSES:
        run, model = (
            found(f"runs/digits-ratio-{loss}.json"),
            found(f"models/digits-ratio-{loss}.json"),
        )
        figures = [f"{run[key]:.3g}" for key in ("fid", "precision", "recall", "entropy")]
        told = [f"{model[key]:.3f}" for key in ("information", "normaliser_worst", "told_apart")]
        rows.append([loss, cell(run, "agreement"), *figures, *told])
    plain = {k.removesuffix("_unguided"): v for k, v in run.items() if k.endswith("_unguided")}
    rows.append(
        [
            "unguided",
            cell(plain, "agreement"),
            f"{plain['fid']:.3g}",
            "",
            "",
            f"{plain['entropy']:.3g}",
            "",
            "",
            "",
        ]
    )
    head = [
        "loss",
        "agreement",
        "FID",
        "precision",
        "recall",
        "entropy",
        "information",
        "E e^T",
        "told apart",
    ]
    return table(head, rows)


def paths(name: str, keys: tuple[str, ...]) -> str:
    """Figures of every path."""
    rows = pandas.read_csv(f"metrics/paths/{name}.csv").to_dict("records")
    shown = [
        [
            f"{r['journey']}, {r['noise']:g}, {r['ends']}: {r['method']}",
            *("" if pandas.isna(r[k]) else f"{r[k]:.3g}" for k in keys),
        ]
        for r in rows
    ]
    return table(["journey, sigma / alpha, ends: path", *keys], shown)


BLOCKS = {
    "leaderboard": lambda: Path("metrics/leaderboard.md").read_text(),
    "speed": speed,
    "contest": contest,
    "ranks": ranks,
    "scale": scale,
    "overhead": overhead,
    "digits": lambda: "FID by steps:\n\n" + curve("digits", "fid"),
    "bimodal": lambda: "Squared MMD by steps:\n\n" + curve("bimodal", "mmd2"),
    "rare": rare,
    "sweep": sweep,
    "known": known,
    "looks": looks,
    "digits-sweep": digits,
    "cosines": cosines,
    "pairs-match": lambda: matches("pairs", ("slope", "residual", "mmd2")),
    "digits-match": lambda: matches("digits", ("fid", "entropy")),
    "losses": losses,
    "plane-paths": lambda: (
        paths("plane-exact", PLANE) + "\n\nThe network:\n\n" + paths("plane", PLANE)
    ),
    "digits-paths": lambda: paths("digits", IMAGES),
    "graph": graph,
}
