"""The leaderboard's tables: runs on images by the rules of the contest, runs in the plane."""

from typing import Any

import pandas

from scorefield.core import params
from scorefield.core.files import load_json, load_model, load_tensors
from scorefield.core.hardware import device
from scorefield.lab.evaluator import evaluator
from scorefield.lab.rules import leaked, objection, ranks
from scorefield.metrics.images import floor

SCORES = ("fid", "fid_low", "fid_high", "kid", "precision", "recall")
MORE = ("density", "coverage")
COLUMNS = ["rank", "run", "data", *SCORES, "steps", "nfe", "parameters", "images_seen", "note"]
PLANE = ["mmd2", "mmd2_floor", "energy_distance", "nll", "nll_floor", "outside"]
READY = "ready samples, cost not known"
ELSEWHERE = "trained elsewhere, on data not known"
FOUND = ["hit", "hit_se", "junk", "junk_se"]  # of runs with a rare or withheld mode


def costs(spec: dict[str, Any]) -> dict[str, int | None]:
    """Parameters of all networks that draw, and images seen in training the model, with
    repetition; None of a model that others trained."""
    models = {spec["model"], spec["helper"]}
    figures = {name: load_json(f"models/{name}/figures.json") for name in models}
    entry = params.entry("models", spec["model"])
    batch, steps = params.section(entry["net"], entry)["batch"], figures[spec["model"]]["steps"]
    total = sum(int(f["parameters"]) for f in figures.values())
    return {"parameters": total, "images_seen": steps * batch if steps else None}


def remark(spec: dict[str, Any]) -> str:
    """What nobody can check of a run that is ranked."""
    if spec["guidance"] == "ready":
        return READY
    nets = {params.entry("models", spec[role])["net"] for role in ("model", "helper")}
    return ELSEWHERE if nets & {"stored", "pretrained"} else ""


def contest(runs: dict[str, Any], found: dict[str, dict[str, Any]]) -> pandas.DataFrame:
    """Runs on images, ranked for each dataset; below them those that are not, with the reason, and
    what training images get as if they were samples. Scores that were refused are left out.

    The evaluator of a dataset is that of the first run on it, whose judge everyone shares.
    """
    rows, first = [], {}
    for name, spec in runs.items():
        if "fid" not in (figures := found[name]):
            continue
        now, _ = first.setdefault(spec["data"], (evaluator(spec), spec["judge"]))
        row = {"run": name, "data": spec["data"]}
        against = objection(figures, now, leaked(spec))
        row["note"] = against or remark(spec)
        if not against.startswith("refused"):
            row |= {key: figures[key] for key in (*SCORES, *MORE)}
        if spec["guidance"] != "ready":
            row |= {key: figures[key] for key in ("steps", "nfe")} | costs(spec)
        rows.append(row)
    table = pandas.DataFrame(rows, columns=[*COLUMNS, *MORE])
    for _, group in table[table["note"].isin(["", READY, ELSEWHERE])].groupby("data"):
        table.loc[group.index, "rank"] = ranks([*group["fid_low"]], [*group["fid_high"]])
    judged = {data: judge for data, (_, judge) in first.items()}
    table = pandas.concat([table, floors(judged)], ignore_index=True)
    counts = ["rank", "steps", "nfe", "parameters", "images_seen"]
    table[counts] = table[counts].astype("Int64")
    return table.sort_values(["data", "rank", "fid", "run"], ignore_index=True)


def floors(judged: dict[str, str]) -> pandas.DataFrame:
    """A row for each dataset with its judge: the training images as samples."""
    rows = []
    for data, judge in judged.items():
        known, model = (
            load_tensors(f"data/{data}.safetensors"),
            load_model(f"models/{judge}").to(device()),
        )
        figures = floor(known, model, params.section("images"))
        note = (
            f"floor: the {len(known['train'])} training images as samples; "
            f"{figures['copies']:.1%} of the test images copy one"
        )
        rows.append({"run": f"{data} training images", "data": data, "note": note} | figures)
    return pandas.DataFrame(rows, columns=["run", "data", "note", *SCORES, *MORE])


def plane(runs: dict[str, Any], found: dict[str, dict[str, Any]]) -> pandas.DataFrame:
    """Runs in the plane, best first, by dataset."""
    chosen = ("data", "model", "guidance", "sampler", "n")
    rows = [
        {"run": name, **{key: spec[key] for key in chosen}, **found[name]}
        for name, spec in runs.items()
        if "mmd2" in found[name]
    ]
    columns = ["run", *chosen, "nfe", *PLANE, *FOUND]
    return pandas.DataFrame(rows, columns=columns).sort_values(["data", "mmd2", "run"])
