"""Figures of a guidance sweep: rare-mode rate against off-mode rate, by variant and scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas
import torch
from torch import Tensor

from scorefield.core.datasets import Images, Layouts
from scorefield.core.errors import InputError
from scorefield.core.results import ROLES, SteeredSamples
from scorefield.metrics.discovery import mode_shares, nearest_modes, share_error
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.metrics.novelty import novelty
from scorefield.metrics.ranking import mean_se

NEIGHBOURS_OF, NOVEL = 1000, 50  # novelty: training points, and samples of each cell
PLAIN = "plain"  # the variant without guidance


@dataclass(frozen=True, eq=False)
class CellFigures:
    """Figures (E,) by name, of samples on layouts."""

    cell: SteeredSamples
    values: dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Chosen:
    """The rates of one variant on the layouts of a regime, (L,) each, at the scale that was chosen
    on other layouts. `gain` is the rare-mode rate less that of unguided samples of the same seeds;
    `interior` is whether the special mode lies inside the hull of the others."""

    rare_mode: Tensor
    off_mode: Tensor
    gain: Tensor
    scale: Tensor
    interior: Tensor


def over_layouts(
    cells: Sequence[SteeredSamples], data: Layouts, within: float
) -> list[CellFigures]:
    """Figures (E,) of samples (N, E, 2), for each variant and scale: those of `mode_shares`, and
    the mean novelty of the first NOVEL samples."""
    every = torch.stack([cell.samples[:NOVEL] for cell in cells])
    novel = dict[str, Tensor]()
    for member in range(every.shape[2]):
        scores = novelty(every[:, :, member].flatten(0, 1), data.train[:NEIGHBOURS_OF, member])
        for key, value in scores.items():
            table = novel.setdefault(key, torch.empty(len(cells), every.shape[2]))
            table[:, member] = value.view(every.shape[:2]).nanmean(1)
    figures = []
    for i, cell in enumerate(cells):
        values = mode_shares(nearest_modes(cell.samples, data, within), data)
        figures.append(CellFigures(cell, values | {key: mean[i] for key, mean in novel.items()}))
    return figures


def of_layouts(
    figures: Sequence[CellFigures], data: Layouts, regimes: Sequence[str]
) -> pandas.DataFrame:
    """One row a role, variant, scale, regime and place of the special mode (inside or outside of
    the others, or all): means over layouts and their standard errors, and network evaluations."""
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


def named(cell: SteeredSamples) -> dict[str, Any]:
    """The first columns of a row."""
    return {"role": cell.role, "variant": cell.variant, "scale": cell.scale, "nfe": cell.nfe}


def nfe_last(rows: list[dict[str, Any]]) -> pandas.DataFrame:
    """Rows as a table whose last column is the network evaluations."""
    table = pandas.DataFrame(rows)
    return table[[*table.columns.drop("nfe"), "nfe"]]


def chosen_on_other_half(
    figures: Sequence[CellFigures], data: Layouts, role: str, variant: str, most: float, regime: int
) -> Chosen:
    """The rates of a variant on the layouts of a regime. Every other layout forms one half; each
    half takes the scale that had the highest rare-mode rate on the other half with a mean off-mode
    rate of at most `most` there, or scale 0, unguided, where no scale had so low a rate."""
    mine, own = data.regime == regime, [each for each in figures if each.cell.role == role]
    plain = [each for each in own if each.cell.variant == PLAIN]
    tried = plain + [each for each in own if each.cell.variant == variant]
    rare_mode, off_mode = (
        torch.stack([each.values[key][mine] for each in tried]) for key in ("rare_mode", "off_mode")
    )
    row = torch.arange(rare_mode.shape[1])
    half, best = row % 2, torch.zeros_like(row)
    for side in (0, 1):
        other = half == 1 - side
        allowed = rare_mode[:, other].mean(1).where(off_mode[:, other].mean(1) <= most, -1.0)
        best[half == side] = allowed.argmax()
    scales = torch.tensor([each.cell.scale for each in tried])
    return Chosen(
        rare_mode=rare_mode[best, row],
        off_mode=off_mode[best, row],
        gain=rare_mode[best, row] - rare_mode[0],  # `tried` begins with the unguided samples
        scale=scales[best],
        interior=data.interior[mine],
    )


def chosen_figures(
    figures: Sequence[CellFigures],
    data: Layouts,
    variants: Sequence[str],
    most: float,
    regime: int,
) -> dict[str, float]:
    """`chosen_on_other_half` of both roles and all variants as metrics: variant_scale_half, and
    variant_place_rare_mode, _off_mode and _gain, means over layouts with their standard errors.
    Keys of the control begin with control_."""
    metrics = {}
    for role in ROLES:
        for variant in (PLAIN, *variants):
            best = chosen_on_other_half(figures, data, role, variant, most, regime)
            name = variant if role == ROLES[0] else f"{role}_{variant}"
            for half in (0, 1):
                metrics[f"{name}_scale_{half}"] = float(best.scale[half])
            for place, mine in (("interior", best.interior), ("edge", ~best.interior)):
                for key in ("rare_mode", "off_mode", "gain"):
                    label, value = f"{name}_{place}_{key}", getattr(best, key)[mine]
                    metrics[label], metrics[f"{label}_se"] = mean_se(value.double())
    return metrics


def of_images(
    cells: Sequence[SteeredSamples], data: Images, evaluator: FeatureEvaluator
) -> pandas.DataFrame:
    """One row for each set of samples: shares of samples and their standard errors, the means of
    novelty, and network evaluations; the last row is the validation split without the special
    class, whose rare-mode rate is the evaluator's rate of false alarms. Raises InputError for data
    without a special class, and for an evaluator that does not know the data's classes."""
    if data.special_class is None:
        raise InputError("a sweep of images needs data with a rare or withheld class")
    others = data.validation[data.validation_labels != data.special_class]
    every = [*(cell.samples for cell in cells), others]
    scores = evaluator.coherence(torch.cat(every), data)
    if "rare_mode" not in scores:
        raise InputError("evaluator: a sweep of images needs one that knows the data's classes")
    parts = {key: value.split([len(x) for x in every]) for key, value in scores.items()}
    rows: list[dict[str, Any]] = [
        *(named(cell) for cell in cells),
        {"role": "real", "variant": "data", "scale": 0.0},
    ]
    for i, row in enumerate(rows):
        for key, values in parts.items():
            row |= of_score(key, values[i])
        row |= {"off_mode": 1 - row["coherent"], "off_mode_se": row["coherent_se"]}
    return nfe_last(rows)


def of_score(key: str, values: Tensor) -> dict[str, float]:
    """The mean of a score (N,) by its name; of bools, whose mean is a share, also its error."""
    share = values.double().nanmean().item()
    error = {f"{key}_se": share_error(share, len(values))} if values.dtype == torch.bool else {}
    return {key: share} | error


def image_figures(table: pandas.DataFrame) -> dict[str, float]:
    """Rows of `of_images` as metrics: role_variant_scale_figure."""
    keys = ("rare_mode", "rare_mode_se", "off_mode", "off_mode_se", "novel", "novel_se")
    return {
        f"{row['role']}_{row['variant']}_{row['scale']:g}_{key}": float(row[key])
        for row in table.to_dict("records")
        for key in keys
    }
