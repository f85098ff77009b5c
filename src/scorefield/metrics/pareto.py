"""Hits against junk: what each way of steering buys at each scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas
import torch
from torch import Tensor

from scorefield.core.datasets import Images, Layouts
from scorefield.core.errors import InputError
from scorefield.core.studies import ROLES, SweepCell
from scorefield.metrics.discovery import found, places, share_error
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.metrics.novelty import novelty
from scorefield.metrics.ranking import mean_se

NEIGHBOURED = 1000  # training points beside which novelty is measured
PLAIN = "plain"  # the way that steers nowhere


@dataclass(frozen=True, eq=False)
class CellFigures:
    """Figures (E,) by name, of the samples of one cell of a sweep over layouts."""

    cell: SweepCell
    values: dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Chosen:
    """What one way finds on the layouts of a regime, (L,) each, where the scale was chosen on
    others; `interior` is whether the special mode is inside of the others."""

    hit: Tensor
    junk: Tensor
    scale: Tensor
    interior: Tensor


def over_layouts(cells: Sequence[SweepCell], data: Layouts, within: float) -> list[CellFigures]:
    """Of samples (N, E, 2) of every cell: figures (E,), those of `found` and mean novelty."""
    every, novel = torch.stack([cell.samples for cell in cells]), dict[str, Tensor]()
    for member in range(every.shape[2]):
        scores = novelty(every[:, :, member].flatten(0, 1), data.train[:NEIGHBOURED, member])
        for key, value in scores.items():
            table = novel.setdefault(key, torch.empty(len(cells), every.shape[2]))
            table[:, member] = value.view(every.shape[:2]).nanmean(1)
    figures = []
    for i, cell in enumerate(cells):
        values = found(places(cell.samples, data, within), data)
        figures.append(CellFigures(cell, values | {key: mean[i] for key, mean in novel.items()}))
    return figures


def of_layouts(
    figures: Sequence[CellFigures], data: Layouts, regimes: Sequence[str]
) -> pandas.DataFrame:
    """One row a role, way, scale, regime and place of the special mode (inside or outside of the
    others, or all): means over layouts and their standard errors, and network evaluations."""
    inside = data.interior
    chosen = {"all": torch.ones_like(inside), "interior": inside, "edge": ~inside}
    rows = []
    for each in figures:
        for i, regime in enumerate(regimes):
            for place, there in chosen.items():
                row = named(each.cell) | {"regime": regime, "place": place}
                rows.append(row | means(each.values, (data.regime == i) & there))
    return nfe_last(rows)


def means(values: dict[str, Tensor], mine: Tensor) -> dict[str, float]:
    """Means of figures (E,) over some layouts, bools (E,), and their standard errors as _se; none
    of a figure that fewer than two of them have."""
    row = {}
    for figure, value in values.items():
        kept = value[mine & ~value.isnan()]
        if len(kept) > 1:
            row[figure], row[f"{figure}_se"] = mean_se(kept.double())
    return row


def named(cell: SweepCell) -> dict[str, Any]:
    """The start of a cell's row."""
    return {"role": cell.role, "way": cell.way, "scale": cell.scale, "nfe": cell.nfe}


def nfe_last(rows: list[dict[str, Any]]) -> pandas.DataFrame:
    """Rows as a table whose last column is the network evaluations."""
    table = pandas.DataFrame(rows)
    return table[[*table.columns.drop("nfe"), "nfe"]]


def elsewhere(
    figures: Sequence[CellFigures], data: Layouts, role: str, way: str, most: float, regime: int
) -> Chosen:
    """What a way finds on the layouts of a regime, where one half of them, every other one, takes
    the scale that had most hits on the other half with a mean junk of at most `most` there; scale
    0, unguided, where none had so little."""
    mine, own = data.regime == regime, [each for each in figures if each.cell.role == role]
    plain = [each for each in own if each.cell.way == PLAIN]
    steered = [each for each in own if each.cell.way == way]
    hit, junk = (
        torch.stack([each.values[key][mine] for each in plain + steered]) for key in ("hit", "junk")
    )
    half, row = torch.arange(hit.shape[1]) % 2, torch.arange(hit.shape[1])
    best = torch.zeros_like(half)
    for side in (0, 1):
        other = half == 1 - side
        allowed = hit[:, other].mean(1).where(junk[:, other].mean(1) <= most, -1.0)
        best[half == side] = allowed.argmax()
    scales = torch.tensor([each.cell.scale for each in plain + steered])
    return Chosen(hit[best, row], junk[best, row], scales[best], data.interior[mine])


def chosen_figures(
    figures: Sequence[CellFigures], data: Layouts, ways: Sequence[str], most: float, regime: int
) -> dict[str, float]:
    """`elsewhere` of both roles and all ways as metrics: role_way_scale_half, role_way_place_hit
    and _junk with their standard errors."""
    metrics = {}
    for role in ROLES:
        for way in (PLAIN, *ways):
            best = elsewhere(figures, data, role, way, most, regime)
            for half in (0, 1):
                metrics[f"{role}_{way}_scale_{half}"] = float(best.scale[half])
            for place, mine in (("interior", best.interior), ("edge", ~best.interior)):
                for key, value in (("hit", best.hit), ("junk", best.junk)):
                    label = f"{role}_{way}_{place}_{key}"
                    metrics[label], metrics[f"{label}_se"] = mean_se(value[mine].double())
    return metrics


def of_images(
    cells: Sequence[SweepCell], data: Images, evaluator: FeatureEvaluator
) -> pandas.DataFrame:
    """One row a cell: shares of samples and their standard errors, the means of novelty, and
    network evaluations; the last row is the validation split without the special class, whose hits
    are the evaluator's false alarms. Raises InputError for data without a special class, and for
    an evaluator that does not know the data's classes."""
    if data.special_class is None:
        raise InputError("a sweep of images needs data with a rare or withheld class")
    others = data.validation[data.validation_labels != data.special_class]
    every = [*(cell.samples for cell in cells), others]
    scores = evaluator.coherence(torch.cat(every), data)
    if "hit" not in scores:
        raise InputError("judge: a sweep of images needs one that knows the data's classes")
    parts = {key: value.split([len(x) for x in every]) for key, value in scores.items()}
    rows: list[dict[str, Any]] = [
        *(named(cell) for cell in cells),
        {"role": "real", "way": "data", "scale": 0.0},
    ]
    for i, row in enumerate(rows):
        for key, values in parts.items():
            row |= of_score(key, values[i])
        row |= {"junk": 1 - row["coherent"], "junk_se": row["coherent_se"]}
    return nfe_last(rows)


def of_score(key: str, values: Tensor) -> dict[str, float]:
    """The mean of a score (N,) by its name; of bools, whose mean is a share, also its error."""
    share = values.double().nanmean().item()
    error = {f"{key}_se": share_error(share, len(values))} if values.dtype == torch.bool else {}
    return {key: share} | error


def image_figures(table: pandas.DataFrame) -> dict[str, float]:
    """Rows of `of_images` as metrics: role_way_scale_figure."""
    keys = ("hit", "hit_se", "junk", "junk_se", "novel", "novel_se")
    return {
        f"{row['role']}_{row['way']}_{row['scale']:g}_{key}": float(row[key])
        for row in table.to_dict("records")
        for key in keys
    }
