"""The leaderboard in tables that fit a page: ranks, scores, costs, and runs in 2-D."""

from typing import Any

import pandas
from benchmarks.results import RESULTS

from report.markdown import number, table, with_error
from report.results import Row, figures, rows
from scorefield.pipeline import params
from scorefield.pipeline.files import load_json

DIGITS = "digits"  # the dataset of the table in README.md
IMAGES, POINTS = "leaderboard", "leaderboard-2d"  # the tables below `metrics`
UNRANKED = ("unranked: ", "flagged: ", "refused: ", "shipped: ")
EQUAL_TIME = {  # run -> what it is
    "digits-ddim": "U-Net, DDPM",
    "digits-dit": "transformer, DDPM",
    "digits-dddm": "U-Net, DDDM",
}


def interval(row: Row) -> str:
    """FID with its 95 % interval; nothing where the score was refused."""
    if pandas.isna(row["fid"]):
        return ""
    if pandas.isna(row["fid_low"]):
        return f"{row['fid']:.3g}"
    return f"{row['fid']:.3g} ({row['fid_low']:.3g} to {row['fid_high']:.3g})"


def network(run: str) -> str:
    """The network and the objective of the model of a run."""
    model = params.entry("models", params.run(run)["model"])
    return f"{model['net']}, {model['objective']}"


def ranked() -> str:
    """Runs on digits that have a rank, in six columns."""
    head = ["rank", "run", "network, objective", "FID by our own digit network (95 %)"]
    listed = [
        [
            *(f"{row['rank']:.0f}", f"`{row['run']}`", network(row["run"]), interval(row)),
            *(number(row[key], ",.0f") for key in ("nfe", "parameters")),
        ]
        for row in rows(IMAGES)
        if row["data"] == DIGITS and not pandas.isna(row["rank"])
    ]
    return table([*head, "calls", "parameters"], listed, text_columns=3)


def unranked() -> str:
    """The runs that have no rank, by the reason why."""
    why: dict[str, list[str]] = {}
    for row in rows(IMAGES):
        note = str(row["note"])
        if note.startswith(UNRANKED):
            why.setdefault(note.partition(": ")[2], []).append(f"`{row['run']}`")
    return "; ".join(f"{reason} ({', '.join(runs)})" for reason, runs in why.items())


def scores() -> str:
    """Every run on images, and the training images as samples: a table for each number of samples,
    as scores of different numbers cannot be compared."""
    by_n: dict[int, list[Row]] = {}
    for row in rows(IMAGES):
        by_n.setdefault(int(row["n"]), []).append(row)
    parts = [f"n = {n:,}:\n\n{scores_of(by_n[n])}" for n in sorted(by_n, reverse=True)]
    return "\n\n".join(parts)


def scores_of(listed: list[Row]) -> str:
    """The scores of rows of one number of samples."""
    keys = ("kid", "precision", "recall", "density", "coverage")
    cells = [
        [number(row["rank"], ".0f"), row["run"], interval(row), *(number(row[k]) for k in keys)]
        for row in listed
    ]
    return table(["rank", "run", "FID (95 %)", "KID", *keys[1:]], cells, text_columns=2)


def costs() -> str:
    """What sampling and training cost, and the note of each run."""
    keys = ("steps", "nfe", "parameters", "images_seen")
    listed = [
        [row["run"], *(number(row[k], ",.0f") for k in keys), number(row["note"], "")]
        for row in rows(IMAGES)
    ]
    return table(["run", "steps", "calls", "parameters", "images seen", "note"], listed)


def points() -> str:
    """Runs on points, a table for each dataset."""
    found: dict[str, list[Row]] = {}
    for row in rows(POINTS):
        found.setdefault(row["data"], []).append(row)
    return "\n\n".join(f"{floors(data, group)}\n\n{board(group)}" for data, group in found.items())


def floors(data: str, group: list[Row]) -> str:
    """A line above a table of points: the number of samples, and what exact draws would score."""
    counts = ", ".join(f"{n:,}" for n in sorted({row["n"] for row in group}))
    mmd2, nll = group[0]["mmd2_floor"], group[0]["nll_floor"]
    return f"`{data}`: {counts} samples. Floor of MMD² {mmd2:.1e}, of -log p {nll:.3g}."


def board(group: list[Row]) -> str:
    """The runs on one dataset of points."""
    listed = [
        [
            *(row[key] for key in ("run", "model", "guidance", "sampler")),
            f"{row['nfe']:.0f}",
            *(number(row[key], ".2g") for key in ("mmd2", "energy_distance")),
            *(number(row[key]) for key in ("nll", "off_mode")),
        ]
        for row in group
    ]
    scores = ["MMD²", "energy distance", "-log p", "off-mode rate"]
    return table(["run", "model", "guidance", "sampler", "calls", *scores], listed, text_columns=4)


def rare_modes() -> str:
    """Runs on points with a rare or withheld mode: rare-mode and off-mode rates."""
    found = [row for row in rows(POINTS) if not pandas.isna(row["rare_mode"])]
    listed = [
        [
            *(row[key] for key in ("run", "data", "guidance", "sampler")),
            f"{row['nfe']:.0f}",
            *(with_error(row, "rare_mode", 4), with_error(row, "off_mode", 4)),
        ]
        for row in sorted(found, key=lambda row: (row["data"], -row["rare_mode"]))
    ]
    head = ["run", "data", "guidance", "sampler", "calls", "rare-mode rate", "off-mode rate"]
    return table(head, listed, text_columns=4)


def equal_time() -> str:
    """Networks and objectives on digits, trained for equally long."""
    timed: dict[str, Any] = load_json(RESULTS)
    listed = []
    for run, what in EQUAL_TIME.items():
        name = params.run(run)["model"]
        model, found = figures(f"models/{name}"), figures(f"runs/{run}")
        listed.append(
            [
                f"`{run}`: {what}",
                *(f"{model['parameters'] / 1e6:.2f} M", f"{timed[f'contest_{name}_s'] / 60:.1f}"),
                *(str(found["nfe"]), interval(found)),
                *(f"{found[key]:.3f}" for key in ("precision", "recall")),
            ]
        )
    head = ["run", "parameters", "training, min", "calls", "FID (95 %)", "precision", "recall"]
    return table(head, listed)


def floor() -> Row:
    """The row of the digits' training images."""
    return next(row for row in rows(IMAGES) if row["run"] == f"{DIGITS} training images")


def fid_floor() -> float:
    """Their FID."""
    return float(floor()["fid"])


def floor_n() -> int:
    """Their number."""
    return int(floor()["n"])
