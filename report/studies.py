"""The long studies: what they cost and what they found."""

from dataclasses import dataclass
from typing import Any

import pandas

from report.claims import of_study
from report.findings import Finding
from report.markdown import number, table
from report.results import figures
from scorefield.experiments.claims import STUDIES
from scorefield.pipeline import params
from scorefield.pipeline.files import load_json

WHAT = {  # what a study varies, by its name
    "dddm-points": "DDDM on points: refinements, beta, lambda and m",
    "dddm-digits": "DDDM on digits, linear schedule, sigmoid weight: beta and lambda",
    "dit-dddm": "U-Net and transformer on digits as DDDM, at equal time: three seeds",
    "training-time": "digits with less and more training time than in the default pipeline",
    "rulsif-alpha": "RuLSIF on pairs of points: alpha",
    "few-steps": "six objectives on points: every sampler at 1 to 32 steps, five seeds",
    "ibg-digits": "IBG on digits: 4,000 samples a cell in place of 500",
    "ibg-settings": "IBG on layouts: score, interval and probes",
}
SWEPT = (
    "Gain in the rare-mode rate over unguided samples of the same noise ± 2 standard errors over "
    "layouts, paired; in brackets the off-mode rate."
)
ROLES = {"model": "network", "control": "exact law", "withheld": "network without 7s"}
TIMED = {  # runs of the default pipeline, and their scores in the study of training time
    "digits-ddim": "fid_ddim_25",
    "digits-dddm": "fid_ddim_8",
    "digits-dit": "fid_ddim_25",
}
SHARES = ("quarter", "half", "default", "double")  # of the default's training steps
WORDS = {"mmd2": "squared MMD", "fid": "FID", "spread": "spread", "error": "error"}


@dataclass(frozen=True)
class Result:
    """An entry of a study: its table and its picture, which lies in the study's folder."""

    entry: str
    table: str
    picture: str


def cards() -> list[dict[str, Any]]:
    """The cards of all studies that have run, by name."""
    return [load_json(file) for file in sorted(STUDIES.glob("*/card.json"))]


def costs() -> str:
    """A line for each study: what it varies, its command, time and hardware."""
    listed = [
        [
            f"[{card['name']}](#{card['name']})",
            WHAT[card["name"]],
            f"`{card['command']}`",
            card["hardware"],
            f"{60 * card['hours']:.0f}",
        ]
        for card in cards()
    ]
    return table(["study", "what differs", "command", "hardware", "minutes"], listed, 4)


def results(card: dict[str, Any]) -> list[Result]:
    """The entries of a study in order."""
    made = {"ablation": ablation, "guidance_sweep": sweep, "few_steps": few_steps}
    return [
        Result(entry, made[kind](card["name"], entry), f"{STUDIES}/{card['name']}/{entry}.png")
        for kind, entries in card["entries"].items()
        if kind in made
        for entry in entries
    ]


def ablation(study: str, entry: str) -> str:
    """Means over seeds with half of their 95 % intervals, a row a variant."""
    found = load_json(STUDIES / study / f"{entry}.json")
    measured = pandas.read_csv(STUDIES / study / f"{entry}.csv")
    heads = {name: headed(name) for name in measured if headed(name)}
    listed = []
    for variant in measured["variant"].unique():
        keys = [f"{variant}_{name}" for name in heads]
        listed.append([f"`{variant}`", *(with_half(found, key) for key in keys)])
    seeds = int(found["seeds"])
    said = f"Means over {seeds} seeds of training ± half of the 95 % interval."
    said = said if seeds > 1 else "One training each."
    return f"{table(['variant', *heads.values()], listed)}\n\n{said}"


def headed(column: str) -> str:
    """The head of a column of an ablation's table; nothing for a column that is not shown."""
    score, *place = column.split("_")
    if score not in WORDS or (score == "spread" and place):
        return ""
    if score == "error":
        return "error of log r" if place == ["0"] else f"relative at {place[0]}"
    return f"{WORDS[score]}, {place[1]} step{'s' * (place[1] != '1')}" if place else WORDS[score]


def with_half(figures: dict[str, float], key: str) -> str:
    """A figure, and half of its 95 % interval if it has one; nothing where it was not measured."""
    if key not in figures:
        return ""
    half = (figures[f"{key}_high"] - figures[f"{key}_low"]) / 2
    return number(figures[key]) + (f" ± {number(half, '.2g')}" if half else "")


def sweep(study: str, entry: str) -> str:
    """The gain in the rare-mode rate over unguided samples, at the scale chosen on the other half
    of the layouts, ± two standard errors over layouts, and the off-mode rate."""
    found = load_json(STUDIES / study / f"{entry}.json")
    end = "_interior_gain"
    names = [key.removesuffix(end) for key in found if key.endswith(end)]
    if not names:
        return sweep_of_images(pandas.read_csv(STUDIES / study / f"{entry}.csv"))
    listed = []
    for name in names:
        if name.startswith(("control_", "plain")):
            continue
        cells = []
        for label in (name, f"control_{name}"):
            for place in ("interior", "edge"):
                gain, error = found[f"{label}_{place}_gain"], found[f"{label}_{place}_gain_se"]
                off_mode = found[f"{label}_{place}_off_mode"]
                cells.append(f"{gain:.3f} ± {2 * error:.3f} ({off_mode:.3f})")
        listed.append([f"`{name}`", *cells])
    head = ["variant", "network, inside", "network, edge", "exact, inside", "exact, edge"]
    return f"{table(head, listed)}\n\n{SWEPT}"


def sweep_of_images(measured: pandas.DataFrame) -> str:
    """The rate of coherent images of the special class and of unreadable ones under each guidance,
    with the paired differences to unguided images ± two standard errors."""
    listed = [
        [
            ROLES[row["role"]],
            f"`{row['variant']}`",
            f"{row['scale']:g}",
            f"{100 * row['rare_mode']:.2f}",
            f"{100 * row['gain']:.2f} ± {200 * row['gain_se']:.2f}",
            f"{100 * row['off_mode']:.2f}",
            f"{100 * row['cost']:.2f} ± {200 * row['cost_se']:.2f}",
        ]
        for row in measured.to_dict("records")
        if row["role"] in ROLES
    ]
    head = ["denoiser", "guidance", "scale", "7s, %", "gain", "off-mode, %", "cost"]
    return table(head, listed, 2)


def few_steps(study: str, entry: str) -> str:
    """The score of each model and sampler, a column a number of steps."""
    found = load_json(STUDIES / study / f"{entry}.json")
    measured = pandas.read_csv(STUDIES / study / f"{entry}.csv")
    steps = sorted(measured["steps"].unique())
    listed = [
        [f"`{model}`", f"`{sampler}`"]
        + [with_half(found, f"{model}-{sampler}-{number_of_steps}") for number_of_steps in steps]
        for model, sampler in measured[["model", "sampler"]].drop_duplicates().to_numpy()
    ]
    return table(["model", "sampler", *(str(each) for each in steps)], listed, 2)


def training_time() -> str:
    """FIDs of the models of digits by the share of the default's training steps that they had."""
    listed = []
    for run, place in TIMED.items():
        found = load_json(STUDIES / "training-time" / f"{params.run(run)['model']}.json")
        fids = {share: found.get(f"{share}_{place}") for share in SHARES}
        fids["default"] = figures(f"runs/{run}")["fid"]
        listed.append([f"`{run}`", *(number(fid) for fid in fids.values())])
    return table(["run", "a quarter", "half", "default", "twice"], listed)


def study_findings() -> list[Finding]:
    """The pictures of the long studies, for the page."""
    return [
        Finding(
            f"Long study {card['name']}: {result.entry}",
            result.picture,
            f"{WHAT[card['name']]}.",
            tuple(of_study(f"{STUDIES}/{card['name']}/{result.entry}")),
            card["command"],
        )
        for card in cards()
        for result in results(card)
    ]
