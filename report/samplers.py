"""The tables of docs/samplers.md. What the pipeline has not measured yet is left out."""

from pathlib import Path
from typing import Any

import pandas

from report.markdown import number, table
from scorefield.pipeline import params
from scorefield.pipeline.files import load_json

EXACT = Path("metrics/few_steps/exact.json")
CALLS = (5, 10, 20, 40)
MOST = 40  # network calls of a few-step study that the page shows
OTHERS = {"azula_best": "azula, its best", "diffusers_best": "diffusers, its best"}
MISSING = "Not measured yet: `dvc repro` measures it."


def exact(schedule: str) -> str:
    """Root mean square distances to the flow of exact denoisers, by sampler and calls."""
    if not EXACT.exists():
        return MISSING
    found: dict[str, float] = load_json(EXACT)
    front = "" if schedule == "cosine" else f"{schedule}_"
    names = {key.rpartition("_")[0].removeprefix(front) for key in found if key.startswith(front)}
    if not front:
        names = {name for name in names if not name.startswith("ddpm_")}
    last = f"_{CALLS[-1]}"
    listed = [
        [OTHERS.get(name, f"`{name}`"), *(cell(found, f"{front}{name}_{calls}") for calls in CALLS)]
        for name in sorted(names, key=lambda name: (found.get(front + name + last, 1.0), name))
    ]
    return table(["sampler", *map(str, CALLS)], listed, text_columns=1)


def cell(found: dict[str, float], key: str) -> str:
    """A figure, or nothing where it was not measured."""
    return number(found[key]) if key in found else ""


def learned() -> str:
    """For each model of the few-step studies, the sampler with the least score at each number of
    calls or fewer."""
    listed = [
        [f"`{model}`", str(entry["data"]), *best(model, rows, score)]
        for name, entry in params.load()["few_steps"].items()
        if (path := Path(f"metrics/few_steps/{name}.csv")).exists()
        for score, rows in [scored(path)]
        for model in dict.fromkeys(rows["model"])
    ]
    counts = [str(calls) for calls in counted()]
    return table(["model", "data", *counts], listed, text_columns=2) if listed else MISSING


def counted() -> list[int]:
    """The numbers of calls that the table has."""
    return [1, 2, 4, 8, 16, 32]


def scored(path: Path) -> tuple[str, Any]:
    """The name of the score of a study, and its means over seeds."""
    found = pandas.read_csv(path)
    score = "fid" if "fid" in found else "mmd2"
    keys = ["model", "sampler", "steps"]
    return score, found.groupby(keys, sort=False)[["nfe", score]].mean().reset_index()


def best(model: str, rows: Any, score: str) -> list[str]:
    """The least score within each number of calls, and the sampler it is of."""
    own, cells = rows[rows["model"] == model], []
    for calls in counted():
        within = own[own["nfe"] <= calls]
        if within.empty:
            cells.append("")
            continue
        row = within.loc[within[score].idxmin()]
        cells.append(f"{number(row[score])} ({row['sampler']}, {int(row['nfe'])})")
    return cells
