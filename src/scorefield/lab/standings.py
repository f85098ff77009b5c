"""The leaderboard's tables: runs on images by the rules of the contest, runs on points."""

from typing import Any

import pandas

from scorefield.core import params
from scorefield.core.datasets import load_dataset
from scorefield.core.files import load_json
from scorefield.lab.evaluator_hash import evaluator_hash
from scorefield.lab.evaluators import load_evaluator
from scorefield.lab.rules import leaked, networks, objection, ranks

SCORES = ("fid", "fid_low", "fid_high", "kid", "precision", "recall")
MORE = ("density", "coverage")
COLUMNS = ["rank", "run", "data", *SCORES, "steps", "nfe", "parameters", "images_seen", "note"]
COUNTS = ["rank", "steps", "nfe", "parameters", "images_seen"]
PLANE = ["mmd2", "mmd2_floor", "energy_distance", "nll", "nll_floor", "outside"]
READY = "ready samples, cost not known"
ELSEWHERE = "trained elsewhere, on data not known"
FOUND = ["hit", "hit_se", "junk", "junk_se"]  # of runs with a rare or withheld mode


def costs(spec: dict[str, Any]) -> dict[str, int | None]:
    """Parameters of all networks that draw, and images seen in training the model, with
    repetition; None of a model that others trained."""
    figures = {name: load_json(f"models/{name}/figures.json") for name in networks(spec)}
    entry = params.entry("models", spec["model"])
    batch, steps = params.section(entry["net"], entry)["batch"], figures[spec["model"]]["steps"]
    total = sum(int(f["parameters"]) for f in figures.values())
    return {"parameters": total, "images_seen": steps * batch if steps else None}


def remark(spec: dict[str, Any]) -> str:
    """What nobody can check of a run that is ranked."""
    if spec["guidance"] == "ready":
        return READY
    nets = {params.entry("models", name)["net"] for name in networks(spec)}
    return ELSEWHERE if nets & {"stored", "pretrained"} else ""


def contest(runs: dict[str, Any], found: dict[str, dict[str, Any]]) -> pandas.DataFrame:
    """Runs on images, ranked for each dataset; below them those that are not, with the reason, and
    what training images get as if they were samples.

    The evaluator of a dataset is that of the first run on it, whose judge everyone shares.
    """
    first: dict[str, dict[str, Any]] = {}
    for name, spec in runs.items():
        if "fid" in found[name]:
            first.setdefault(spec["data"], spec)
    now = {data: evaluator_hash(spec) for data, spec in first.items()}
    rows = [
        row(name, spec, found[name], now[spec["data"]])
        for name, spec in runs.items()
        if "fid" in found[name]
    ]
    table = pandas.DataFrame(rows, columns=[*COLUMNS, *MORE])
    for _, group in table[table["note"].isin(["", READY, ELSEWHERE])].groupby("data"):
        table.loc[group.index, "rank"] = ranks([*group["fid_low"]], [*group["fid_high"]])
    judged = {data: spec["judge"] for data, spec in first.items()}
    table = pandas.concat([table, floors(judged)], ignore_index=True)
    table[COUNTS] = table[COUNTS].astype("Int64")
    return table.sort_values(["data", "rank", "fid", "run"], ignore_index=True)


def row(name: str, spec: dict[str, Any], figures: dict[str, Any], now: str) -> dict[str, Any]:
    """A run as a line of the table, without scores that are refused; `now` is the evaluator of its
    dataset."""
    against = objection(figures, now, leaked(spec))
    told = {"run": name, "data": spec["data"], "note": against or remark(spec)}
    if not against.startswith("refused"):
        told |= {key: figures[key] for key in (*SCORES, *MORE)}
    if spec["guidance"] != "ready":
        told |= {key: figures[key] for key in ("steps", "nfe")} | costs(spec)
    return told


def floors(judged: dict[str, str]) -> pandas.DataFrame:
    """A row for each dataset with its judge: the training images as samples."""
    rows = []
    for name, judge in judged.items():
        data = load_dataset(name, as_bytes=True)
        figures = load_evaluator(judge).floor(data, {"images": params.section("images")})
        note = (
            f"floor: the {len(data.train)} training images as samples; "
            f"{figures['copies']:.1%} of the test images copy one"
        )
        rows.append({"run": f"{name} training images", "data": name, "note": note} | figures)
    return pandas.DataFrame(rows, columns=["run", "data", "note", *SCORES, *MORE])


def plane(runs: dict[str, Any], found: dict[str, dict[str, Any]]) -> pandas.DataFrame:
    """Runs on points, best first, by dataset."""
    chosen = ("data", "model", "guidance", "sampler", "n")
    rows = [
        {"run": name, **{key: spec[key] for key in chosen}, **found[name]}
        for name, spec in runs.items()
        if "mmd2" in found[name]
    ]
    columns = ["run", *chosen, "nfe", *PLANE, *FOUND]
    return pandas.DataFrame(rows, columns=columns).sort_values(["data", "mmd2", "run"])
