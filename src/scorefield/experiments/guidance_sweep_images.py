"""Figures of a guidance sweep of images: each cell against unguided samples of the same noise."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import pandas
import torch
from torch import Tensor

from scorefield.core.datasets import Images
from scorefield.core.errors import InputError
from scorefield.core.results import SteeredSamples
from scorefield.experiments.guidance_sweep_figures import (
    PLAIN,
    CellFigures,
    Chosen,
    chosen_on_other_half,
    named,
    nfe_last,
)
from scorefield.metrics.coherence import coherence
from scorefield.metrics.discovery import share_error
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.metrics.fidelity import fid
from scorefield.metrics.ranking import mean_se

LABELS = {"model": "rare", "control": "exact", "withheld": "withheld"}  # of roles, in metrics
MOST_COST = 0.03  # the highest off-mode rate above unguided at which a scale may be chosen
REAL = SteeredSamples("real", "data", 0.0, torch.empty(0), 0)


def over_images(
    cells: Sequence[SteeredSamples], data: Images, evaluator: FeatureEvaluator
) -> list[CellFigures]:
    """Figures (N,) of the images of each cell: those of `coherence`, `off_mode`, and the features
    (N, F); the last are of the validation split without the special class, whose rare-mode rate is
    the evaluator's rate of false alarms. Raises InputError for data without a special class, and
    for an evaluator that does not know the data's classes."""
    if data.special_class is None:
        raise InputError("a sweep of images needs data with a rare or withheld class")
    others = data.validation[data.validation_labels != data.special_class]
    every = [*(cell.samples for cell in cells), others]
    reading = evaluator.read(torch.cat(every))
    real, train = evaluator.features(data.test), evaluator.features(data.train)
    scores = coherence(reading, real, train, data)
    if "rare_mode" not in scores:
        raise InputError("evaluator: a sweep of images needs one that knows the data's classes")
    scores |= {"off_mode": ~scores["coherent"], "features": reading.features}
    ends = [0, *accumulate(len(part) for part in every)]
    return [
        CellFigures(cell, {key: value[first:last] for key, value in as_numbers(scores).items()})
        for cell, (first, last) in zip([*cells, REAL], pairwise(ends), strict=True)
    ]


def as_numbers(scores: dict[str, Tensor]) -> dict[str, Tensor]:
    """Scores in float64."""
    return {key: value.double() for key, value in scores.items()}


def unguided(figures: Sequence[CellFigures], role: str) -> CellFigures | None:
    """The figures of the unguided samples of a role; None for real images."""
    found = (e for e in figures if e.cell.role == role and e.cell.variant == PLAIN)
    return next(found, None)


def of_images(figures: Sequence[CellFigures], real: Tensor) -> pandas.DataFrame:
    """One row for each cell: shares of samples with their standard errors, the means of novelty,
    network evaluations; and against unguided samples of the same noise `gain`, of the rare-mode
    rate, and `cost`, of the off-mode rate, with the standard errors of the paired differences.
    `fid` is that to the features `real` (M, F), of cells with equally many samples only."""
    rows = []
    for each in figures:
        row, plain = named(each.cell), unguided(figures, each.cell.role)
        for key in ("rare_mode", "off_mode", "coherent", "novel"):
            share = each.values[key].mean().item()
            row |= {key: share, f"{key}_se": share_error(share, len(each.values[key]))}
        for key in ("avgknn", "lof", "rarity"):
            row[key] = each.values[key].nanmean().item()
        if plain is not None:
            for key, rate in (("gain", "rare_mode"), ("cost", "off_mode")):
                row[key], row[f"{key}_se"] = mean_se(each.values[rate] - plain.values[rate])
            row["fid"] = fid(each.values["features"], real)
        rows.append(row)
    return nfe_last(rows)


def table_figures(table: pandas.DataFrame) -> dict[str, float]:
    """Rows of `of_images` as metrics: label_variant_scale_figure; the label of a role is one of
    `LABELS`."""
    shares = ("rare_mode", "off_mode", "novel", "gain", "cost")
    keys = [*shares, *(f"{key}_se" for key in shares), "fid"]
    return {
        f"{LABELS.get(row['role'], row['role'])}_{row['variant']}_{row['scale']:g}_{key}": row[key]
        for row in table.to_dict("records")
        for key in keys
        if not pandas.isna(row[key])
    }


def chosen_images(figures: Sequence[CellFigures], role: str) -> dict[str, Chosen]:
    """`chosen_on_other_half` of the images of a role, for each variant but unguided: at most
    `MOST_COST` more of them are off-mode."""
    tried = dict.fromkeys(each.cell.variant for each in figures if each.cell.role == role)
    return {
        variant: chosen_on_other_half(figures, role, variant, MOST_COST, paired=True)
        for variant in tried
        if variant != PLAIN
    }


def chosen_image_figures(figures: Sequence[CellFigures], roles: Sequence[str]) -> dict[str, float]:
    """`chosen_images` as metrics: label_variant_scale_half, and label_variant_gain and _cost, means
    over images with their standard errors. label_first_over_variant is the difference of the gains
    of the first variant and another one, paired too."""
    metrics: dict[str, float] = {}

    def enter(label: str, values: Tensor) -> None:
        metrics[label], metrics[f"{label}_se"] = mean_se(values)

    for role in roles:
        found, label = chosen_images(figures, role), LABELS[role]
        if not found:
            continue
        for variant, best in found.items():
            metrics |= {f"{label}_{variant}_scale_{k}": float(best.scale[k]) for k in (0, 1)}
            enter(f"{label}_{variant}_gain", best.gain)
            enter(f"{label}_{variant}_cost", best.cost)
        first, *others = found
        for other in others:
            enter(f"{label}_{first}_over_{other}", found[first].gain - found[other].gain)
    return metrics


def samples_shown(shown: Sequence[CellFigures], count: int) -> Tensor:
    """The indices of `count` samples: at most half of them such that are in the rare mode in one of
    the cells, then the first of the others."""
    special = torch.stack([each.values["rare_mode"] for each in shown]).amax(0) > 0
    front, rest = special.nonzero()[: count // 2, 0], (~special).nonzero()[:, 0]
    return torch.cat([front, rest[: count - len(front)]])
