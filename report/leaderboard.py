"""The leaderboard in tables that fit a page: what is ranked and what is not, scores, costs, 2-D."""

from typing import Any

import pandas

from report.markdown import cell, shown, table
from report.tables import rows
from scorefield.core import params
from scorefield.core.files import load_json
from scorefield.lab.benched import RESULTS

DIGITS = "digits"  # the dataset of the table in README.md
UNRANKED = ("unranked: ", "flagged: ", "refused: ")
CONTEST = {  # run -> what it is
    "digits-ddim": "U-Net, averages",
    "digits-dit": "transformer, averages",
    "digits-dddm": "U-Net, draws",
    "digits-dit-dddm": "transformer, draws",
}


def interval(row: dict[str, Any]) -> str:
    """FID with its 95 % interval; nothing where it was refused."""
    if pandas.isna(row["fid"]):
        return ""
    if pandas.isna(row["fid_low"]):
        return f"{row['fid']:.3g}"
    return f"{row['fid']:.3g} ({row['fid_low']:.3g} to {row['fid_high']:.3g})"


def network(run: str) -> str:
    """The network and the objective that a run draws with."""
    model = params.entry("models", params.run(run)["model"])
    return f"{model['net']}, {model['objective']}"


def ranked() -> str:
    """Runs on digits that have a rank, in six columns."""
    head = ["rank", "run", "network, objective", "FID by our own digit network (95 %)"]
    listed = [
        [
            *(f"{row['rank']:.0f}", f"`{row['run']}`", network(row["run"]), interval(row)),
            *(shown(row[key], ",.0f") for key in ("nfe", "parameters")),
        ]
        for row in rows("leaderboard")
        if row["data"] == DIGITS and not pandas.isna(row["rank"])
    ]
    return table([*head, "calls", "parameters"], listed, words=3)


def unranked() -> str:
    """The runs that have no rank, by the reason why."""
    why: dict[str, list[str]] = {}
    for row in rows("leaderboard"):
        note = str(row["note"])
        if note.startswith(UNRANKED):
            why.setdefault(note.partition(": ")[2], []).append(f"`{row['run']}`")
    return "; ".join(f"{reason} ({', '.join(runs)})" for reason, runs in why.items())


def scores() -> str:
    """Every run on images, and the training images as samples."""
    keys = ("kid", "precision", "recall", "density", "coverage")
    listed = [
        [shown(row["rank"], ".0f"), row["run"], interval(row), *(shown(row[k]) for k in keys)]
        for row in rows("leaderboard")
    ]
    return table(["rank", "run", "FID (95 %)", "KID", *keys[1:]], listed, words=2)


def costs() -> str:
    """What a sample and the training cost, and what is to be said of a run."""
    keys = ("steps", "nfe", "parameters", "images_seen")
    listed = [
        [row["run"], *(shown(row[k], ",.0f") for k in keys), shown(row["note"], "")]
        for row in rows("leaderboard")
    ]
    return table(["run", "steps", "calls", "parameters", "images seen", "note"], listed)


def points() -> str:
    """Runs on points, a table for each dataset."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows("plane"):
        found.setdefault(row["data"], []).append(row)
    scores = {"mmd2": "MMD²", "energy_distance": "energy distance", "nll": "-log p"}
    head = ["run", "model", "guidance", "sampler", "calls", *scores.values(), "outside"]
    parts = []
    for data, group in found.items():
        floor, least = group[0]["mmd2_floor"], group[0]["nll_floor"]
        counts = sorted({row["n"] for row in group})
        listed = [
            [
                *(row[key] for key in ("run", "model", "guidance", "sampler")),
                f"{row['nfe']:.0f}",
                *(shown(row[key], ".2g") for key in ("mmd2", "energy_distance")),
                *(shown(row[key]) for key in ("nll", "outside")),
            ]
            for row in group
        ]
        told = f"`{data}`: {', '.join(f'{n:,}' for n in counts)} samples, floor of MMD² {floor:.1e}"
        parts += [f"{told}, of -log p {least:.3g}.", table(head, listed, words=4)]
    return "\n\n".join(parts)


def special() -> str:
    """Runs on points with a mode that is rare or withheld: how many hit it, how many hit none."""
    found = [row for row in rows("plane") if not pandas.isna(row["hit"])]
    listed = [
        [
            *(row[key] for key in ("run", "data", "guidance", "sampler")),
            *(f"{row['nfe']:.0f}", cell(row, "hit", 4), cell(row, "junk", 4)),
        ]
        for row in sorted(found, key=lambda row: (row["data"], -row["hit"]))
    ]
    return table(["run", "data", "guidance", "sampler", "calls", "hit", "junk"], listed, words=4)


def contest() -> str:
    """Networks and objectives on digits at equal training time, with their FID."""
    timed, listed = load_json(RESULTS), []
    for run, what in CONTEST.items():
        spec = params.entry("runs", run)
        model = load_json(f"metrics/models/{spec['model']}.json")
        scores = load_json(f"metrics/runs/{run}.json")
        seconds = timed["contest_" + spec["model"] + "_s"]
        listed.append(
            [
                f"`{run}`: {what}",
                f"{model['parameters'] / 1e6:.2f} M",
                f"{seconds:.0f}",
                str(scores["nfe"]),
                interval(scores),
                *(f"{scores[key]:.3f}" for key in ("precision", "recall")),
            ]
        )
    head = ["run", "parameters", "training, s", "calls", "FID (95 %)", "precision", "recall"]
    return table(head, listed)


def floor() -> float:
    """The FID of the digits' training images."""
    return next(r["fid"] for r in rows("leaderboard") if r["run"] == f"{DIGITS} training images")
