"""Figures of a guidance sweep over layouts: rare-mode rate against off-mode rate, by variant and
scale; and how a scale is chosen, for images too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas
import torch
from torch import Tensor

from scorefield.core.datasets import Layouts
from scorefield.core.results import ROLES, SteeredSamples
from scorefield.metrics.discovery import mode_shares, nearest_modes
from scorefield.metrics.novelty import novelty
from scorefield.metrics.ranking import mean_se
from scorefield.plots.names import words

NEIGHBOURS_OF, NOVEL = 1000, 50  # novelty: training points, and samples of each cell
PLAIN = "plain"  # the variant without guidance


@dataclass(frozen=True, eq=False)
class CellFigures:
    """Figures (N,) by name, of the samples of one cell: of each layout, or of each image."""

    cell: SteeredSamples
    values: dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Chosen:
    """The rates of one variant in N cases, layouts or images, (N,) each, at the scale that was
    chosen on other cases. `gain` is the rare-mode rate less that of unguided samples of the same
    seeds, and `cost` the same of the off-mode rate."""

    rare_mode: Tensor
    off_mode: Tensor
    gain: Tensor
    cost: Tensor
    scale: Tensor


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
    figures: Sequence[CellFigures],
    role: str,
    variant: str,
    most: float,
    mine: Tensor | slice = slice(None),
    paired: bool = False,
) -> Chosen:
    """The rates of a variant in those cases that are `mine`. Every other case forms one half; each
    half takes the scale that had the highest rare-mode rate on the other half with a mean off-mode
    rate of at most `most` there, or scale 0, unguided, where no scale had so low a rate.

    If `paired`, `most` bounds the cost, the off-mode rate above that of unguided samples, and scale
    0 does not compete with the others."""
    own = [each for each in figures if each.cell.role == role]
    plain = [each for each in own if each.cell.variant == PLAIN]
    tried = plain + [each for each in own if each.cell.variant == variant]
    rare_mode, off_mode = (
        torch.stack([each.values[key][mine] for each in tried]) for key in ("rare_mode", "off_mode")
    )
    gain, cost = rare_mode - rare_mode[0], off_mode - off_mode[0]  # `tried` begins with unguided
    row = torch.arange(rare_mode.shape[1])
    half, best = row % 2, torch.zeros_like(row)
    for side in (0, 1):
        other = half == 1 - side
        spent = (cost if paired else off_mode)[:, other].mean(1)
        allowed = rare_mode[:, other].mean(1).where(spent <= most, -1.0)
        if paired and (allowed[1:] >= 0).any():
            allowed[0] = -1.0
        best[half == side] = allowed.argmax()
    scales = torch.tensor([each.cell.scale for each in tried])
    return Chosen(
        rare_mode=rare_mode[best, row],
        off_mode=off_mode[best, row],
        gain=gain[best, row],
        cost=cost[best, row],
        scale=scales[best],
    )


def chosen_figures(
    figures: Sequence[CellFigures],
    data: Layouts,
    variants: Sequence[str],
    most: float,
    regime: int,
) -> dict[str, float]:
    """`chosen_on_other_half` of both roles and all variants as metrics: variant_scale_half, and
    variant_place_rare_mode, _off_mode and _gain, means over layouts with their standard errors;
    first_place_over_variant is the difference of the gains of the first variant and another one,
    paired. Keys of the control begin with control_. place_n is the number of layouts."""
    metrics, there = {}, data.regime == regime
    inside = data.interior[there]
    places = {"interior": inside, "edge": ~inside}
    for role in ROLES:
        label = "" if role == ROLES[0] else f"{role}_"
        found = {
            variant: chosen_on_other_half(figures, role, variant, most, there)
            for variant in (PLAIN, *variants)
        }
        for variant, best in found.items():
            for half in (0, 1):
                metrics[f"{label}{variant}_scale_{half}"] = float(best.scale[half])
            means = {
                f"{variant}_{place}_{key}": getattr(best, key)[mine]
                for place, mine in places.items()
                for key in ("rare_mode", "off_mode", "gain")
            }
            first = variants[0]
            if variant not in (PLAIN, first):
                means |= {
                    f"{first}_{place}_over_{variant}": (found[first].gain - best.gain)[mine]
                    for place, mine in places.items()
                }
            for key, value in means.items():
                metrics[f"{label}{key}"], metrics[f"{label}{key}_se"] = mean_se(value.double())
    return metrics | {f"{place}_n": int(mine.sum()) for place, mine in places.items()}


def compared(
    figures: Sequence[CellFigures], role: str, found: Mapping[str, Chosen], case: int = 0
) -> list[CellFigures]:
    """What a picture shows of a role: unguided samples, those of the first variant that was
    `found`, and those of the other one with the highest gain, each at the scale chosen for one
    case, or at its lowest where none was."""
    first, *others = found
    best = sorted(others, key=lambda name: -found[name].gain.mean().item())[:1]
    shown = []
    for variant in (PLAIN, first, *best):
        cells = [e for e in figures if e.cell.role == role and e.cell.variant == variant]
        scale = 0.0 if variant == PLAIN else found[variant].scale[case].item()
        shown.append(next((e for e in cells if abs(e.cell.scale - scale) < 1e-6), cells[0]))
    return shown


def titled(each: CellFigures) -> str:
    """The variant and scale of a cell, for a picture."""
    said = words(each.cell.variant)
    return said if each.cell.variant == PLAIN else f"{said}, scale {each.cell.scale:g}"
