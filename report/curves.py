"""Curves of the page, drawn by vega-lite in the browser, so that a reader can point at values."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas

from report.results import Row, rows
from scorefield.pipeline import params

VEGA = ".dvc/plots.html"  # DVC's page carries vega, vega-lite and vega-embed in its first script
WARNING = "console.warn(`The compiled spec uses"  # that its vega-lite and vega differ in version


@dataclass(frozen=True)
class Curve:
    """A chart: its title and axes, whether they are logarithmic, and rows with `x`, `y` as
    drawn, `value`, and what tells the lines apart; `floor` is a line across."""

    title: str
    x: str
    y: str
    logarithmic: bool
    rows: list[Row]
    floor: float | None = None


def few_steps(name: str) -> Curve:
    """A score by the number of network evaluations, as the mean over seeds. On the logarithmic axis
    a mean below the floor, which is the score of exact samples, is drawn at the floor."""
    found = pandas.DataFrame(rows(f"few_steps/{name}"))
    score = next(key for key in ("fid", "mmd2") if key in found)
    floor = float(pandas.read_csv(f"plots/few_steps/{name}.csv")["floor"].iloc[0])
    found["sampler"] = [called(row) for row in found.to_dict("records")]
    means = found.groupby(["model", "sampler", "nfe"], sort=False)[score].mean().reset_index()
    listed = [
        {"x": row["nfe"], "y": max(row[score], floor), "value": row[score]}
        | {"model": row["model"], "sampler": row["sampler"]}
        for row in means.to_dict("records")
    ]
    label = {"fid": "FID", "mmd2": "squared MMD"}[score]
    title = f"{label} by network evaluations: {name}"
    return Curve(title, "network evaluations", label, True, listed, floor)


def called(row: Row) -> str:
    """A sampler with its churn, where it has one."""
    return row["sampler"] + (f", churn {row['churn']:g}" if row["churn"] else "")


def training(model: str) -> list[Row]:
    """The losses of a model at every validation; none of one that was not trained here."""
    path = Path("plots/models", f"{model}.csv")
    if not path.exists():
        return []
    table = pandas.read_csv(path)
    kinds = {"loss": "training", "validation_loss": "validation"}
    return [
        {"x": int(row["step"]), "y": row[key], "value": row[key], "model": model, "sampler": kind}
        for row in table.to_dict("records")
        for key, kind in kinds.items()
        if pandas.notna(row.get(key))
    ]


def curves() -> list[dict[str, Any]]:
    """The charts of all studies of few steps, and that of all trainings."""
    found = [few_steps(name) for name in params.load().get("few_steps") or {}]
    losses = [row for model in params.load()["models"] for row in training(model)]
    found.append(Curve("Loss in training", "step", "loss", False, losses))
    return [asdict(curve) for curve in found]


def vega() -> str:
    """The scripts of vega, vega-lite and vega-embed (BSD 3-clause, https://vega.github.io), without
    a warning that every chart would write to the console."""
    with open(VEGA) as file:
        script = file.read().partition("<script>")[2].partition("</script>")[0]
    return script.replace(WARNING, WARNING.replace("console.warn", "void"))
