"""The leaderboard's tables: runs on images by the rules of the contest, runs on points."""

from typing import Any

import pandas

from scorefield.experiments.evaluators import load_evaluator
from scorefield.leaderboard.binding import unbound
from scorefield.leaderboard.evaluator_hash import evaluator_hash
from scorefield.leaderboard.rules import RULES, leaked, networks, objection, ranks
from scorefield.pipeline import params
from scorefield.pipeline.files import load_dataset, load_json

SCORES = ("fid", "fid_low", "fid_high", "kid", "precision", "recall")
MORE = ("density", "coverage")
COLUMNS = ["rank", "run", "data", "n", *SCORES, "steps", "nfe", "parameters", "images_seen", "note"]
COUNTS = ["rank", "n", "steps", "nfe", "parameters", "images_seen"]
SCORES_2D = ["mmd2", "mmd2_se", "mmd2_floor", "energy_distance", "nll", "nll_floor"]
SUBMITTED = "submitted samples, cost not known"
UNCALLED = "flagged: drawn without a single network call"
ELSEWHERE = "trained elsewhere, on data not known"
SHIPPED = "shipped: trained for hours on other images"
TWIN = "unranked: the same model and noise without guidance"
MODES = ["off_mode", "off_mode_se", "rare_mode", "rare_mode_se"]  # some only with a rare mode


def costs(spec: dict[str, Any]) -> dict[str, int | None]:
    """Parameters of all networks that take part, and images seen in training the model, with
    repetition; None for a model that was trained elsewhere, unless it has a card."""
    figures = {name: load_json(f"models/{name}/figures.json") for name in networks(spec)}
    entry = params.entry("models", spec["model"])
    batch, steps = params.section(entry["net"], entry)["batch"], figures[spec["model"]]["steps"]
    total, seen = sum(int(f["parameters"]) for f in figures.values()), steps * batch
    if folder := params.shipped(entry):
        seen = load_json(folder / "card.json")["images_seen"]
    return {"parameters": total, "images_seen": seen or None}


def remark(spec: dict[str, Any]) -> str:
    """What cannot be verified of a ranked run."""
    if spec["guidance"] == "submitted_samples":
        return SUBMITTED
    entries = [params.entry("models", name) for name in networks(spec)]
    nets = {entry["net"] for entry in entries}
    if any(map(params.shipped, entries)):
        return SHIPPED
    return ELSEWHERE if nets & {"submitted_model", "pretrained"} else ""


def leaderboard(runs: dict[str, Any], found: dict[str, dict[str, Any]]) -> pandas.DataFrame:
    """Runs on images, ranked for each dataset; below them runs without a rank, with the reason, and
    the scores of the training images as if they were samples.

    All runs on a dataset must share the evaluator of the first run on it.
    """
    first: dict[str, dict[str, Any]] = {}
    for name, spec in runs.items():
        if "fid" in found[name]:
            first.setdefault(spec["data"], spec)
    now = {data: evaluator_hash(spec) for data, spec in first.items()}
    rows = []
    for name, spec in runs.items():
        if "fid" in found[name]:
            rows.append(row(name, spec, found[name], now[spec["data"]]))
            rows += twin(rows[-1], found[name])
    table = pandas.DataFrame(rows, columns=[*COLUMNS, *MORE])
    for _, group in table[table["note"].isin(["", SUBMITTED, ELSEWHERE])].groupby("data"):
        table.loc[group.index, "rank"] = ranks([*group["fid_low"]], [*group["fid_high"]])
    scored_by = {data: spec["evaluator"] for data, spec in first.items()}
    table = pandas.concat([table, floors(scored_by)], ignore_index=True)
    table[COUNTS] = table[COUNTS].astype("Int64")
    return table.sort_values(["data", "rank", "fid", "run"], ignore_index=True)


def row(name: str, spec: dict[str, Any], figures: dict[str, Any], now: str) -> dict[str, Any]:
    """A run as a line of the table, without scores that are refused; `now` is the hash of its
    dataset's evaluator."""
    against = unbound(name, figures)
    against = f"refused: {against}" if against else objection(figures, now, leaked(spec))
    if not against and figures["nfe"] == 0 and spec["guidance"] != "submitted_samples":
        against = UNCALLED
    line = {"run": name, "data": spec["data"], "n": figures["n"]}
    line |= {"note": against or remark(spec)}
    if not against.startswith("refused"):
        line |= {key: figures[key] for key in (*SCORES, *MORE)}
    if spec["guidance"] != "submitted_samples":
        line |= {key: figures[key] for key in ("steps", "nfe")} | costs(spec)
    return line


def twin(line: dict[str, Any], figures: dict[str, Any]) -> list[dict[str, Any]]:
    """A line with the FID of as many samples of the same model without guidance, below that of a
    run that should match test images: FIDs are compared at equal n only. Empty for other runs, and
    for one whose scores are refused."""
    if "unguided_fid" not in figures or "fid" not in line:
        return []
    same = {key: line[key] for key in ("data", "n", "steps") if key in line}
    scores = {key: figures[f"unguided_{key}"] for key in SCORES[:3]}
    return [{"run": f"{line['run']}, unguided", "note": TWIN} | same | scores]


def floors(evaluators: dict[str, str]) -> pandas.DataFrame:
    """A row for each dataset with its evaluator: the training images as samples."""
    rows = []
    for name, evaluator in evaluators.items():
        data = load_dataset(name, as_bytes=True)
        figures = load_evaluator(evaluator).floor(data, {"images": params.section("images")})
        note = (
            f"floor: the {len(data.train)} training images as samples; "
            f"{figures['copies']:.1%} of the test images copy one"
        )
        known = {"run": f"{name} training images", "data": name, "n": len(data.train)}
        rows.append(known | {"note": note} | figures)
    return pandas.DataFrame(rows, columns=["run", "data", "n", "note", *SCORES, *MORE])


def leaderboard_2d(runs: dict[str, Any], found: dict[str, dict[str, Any]]) -> pandas.DataFrame:
    """Runs on points, best first, by dataset."""
    chosen = ("data", "model", "guidance", "sampler", "n")
    rows = [
        {"run": name, **{key: spec[key] for key in chosen}, **found[name]}
        for name, spec in runs.items()
        if "mmd2" in found[name]
    ]
    columns = ["run", *chosen, "nfe", *SCORES_2D, *MODES]
    return pandas.DataFrame(rows, columns=columns).sort_values(["data", "mmd2", "run"])


def markdown(table: pandas.DataFrame) -> str:
    """A table as Markdown, with three digits; nothing where a value is missing."""
    written = table.astype(object).where(table.notna(), "")
    return str(written.to_markdown(index=False, floatfmt=".3g", intfmt=","))


def page(images: pandas.DataFrame, points: pandas.DataFrame) -> str:
    """Both tables as Markdown, below the rules; the last one has the runs with a rare mode."""
    special = points[points["rare_mode"].notna()]
    special = special.sort_values(["data", "rare_mode"], ascending=[True, False])
    parts = [
        RULES,
        markdown(images),
        markdown(points.drop(columns=MODES[1:])),
        markdown(special.drop(columns=["model", "n", *SCORES_2D])),
    ]
    return "\n\n".join(parts) + "\n"
