"""Figures of the matching study."""

from typing import Any

import pandas
import torch
from torch import Tensor

from scorefield.core.datasets import Dataset, Images, Points
from scorefield.core.errors import InputError
from scorefield.core.results import MatchedSamples, RatioValues
from scorefield.metrics.agreement import of_images, of_points
from scorefield.metrics.evaluators import Evaluator, FeatureEvaluator
from scorefield.metrics.ratio_error import KEYS, ratio_error

EXACT = "exact"  # the guide that others are compared with
PLAIN, PLAIN_TURNED = "unguided", "unguided_turned"
PAIR = (PLAIN, "drawn", "joint", "turned", PLAIN_TURNED)  # kinds of the pair of models: no guides


def match_table(
    cells: list[MatchedSamples], data: Dataset, evaluator: Evaluator
) -> pandas.DataFrame:
    """A row for each set of samples. Raises InputError for data without pairs, and for an evaluator
    of other data."""
    if isinstance(data, Points):
        scored = [of_points(cell.samples, y_of(cell, data), data) for cell in cells]
    elif isinstance(data, Images) and isinstance(evaluator, FeatureEvaluator):
        real = evaluator.features(data.test)
        scored = [
            of_images(upright(cell, data), expected(cell, data, evaluator), data, evaluator, real)
            for cell in cells
        ]
    else:
        raise InputError("evaluator: images need a classifier (net: convnet or inception)")
    heads = [{"kind": c.kind, "scale": c.scale, "n": len(c.samples), "nfe": c.nfe} for c in cells]
    rows = [head | figures for head, figures in zip(heads, scored, strict=True)]
    return pandas.DataFrame(rows).sort_values("scale", kind="stable").reset_index(drop=True)


def y_of(cell: MatchedSamples, data: Points) -> Tensor:
    """The y of each sample. Raises InputError for data without pairs."""
    y = cell.y
    if y is None and data.test_pair is not None and cell.source is not None:
        y = data.test_pair[cell.source]
    if y is None:
        raise InputError("data: matching needs a dataset of pairs")
    return y


def upright(cell: MatchedSamples, data: Images) -> Tensor:
    """Its images, rotated back where they are rotated as y are."""
    turned = cell.kind.endswith("turned")
    return cell.samples.rot90(data.pair_turns, (2, 3)) if turned else cell.samples


def expected(cell: MatchedSamples, data: Images, evaluator: FeatureEvaluator) -> Tensor | None:
    """The class of each y (N,): its label, or the evaluator's for y that a model drew."""
    if cell.source is not None:
        return data.test_labels[cell.source]
    return None if cell.y is None else evaluator.classes(cell.y.rot90(data.pair_turns, (2, 3)))


def match_figures(table: pandas.DataFrame) -> dict[str, float]:
    """The table as one dictionary, its figures named kind_figure, or guide_scale_figure; and as
    guide_best_figure those of each guide's best scale, where there is an FID."""
    figures: dict[str, float] = {}
    for kind, rows in table.groupby("kind", sort=False):
        for row in rows.to_dict("records"):
            named = f"{kind}_{row['scale']:g}" if is_guide(str(kind)) else str(kind)
            figures |= {f"{named}_{key}": float(row[key]) for key in row if key != "kind"}
        if is_guide(str(kind)) and "fid" in table:
            chosen = best(rows, table)
            figures |= {f"{kind}_best_{k}": float(chosen[k]) for k in chosen.index if k != "kind"}
    return figures


def is_guide(kind: str) -> bool:
    """Whether samples come from a guide, at several scales."""
    return kind not in PAIR


def best(rows: pandas.DataFrame, table: pandas.DataFrame) -> "pandas.Series[Any]":
    """The row of the highest agreement, the lowest scale of equals, among those whose FID is no
    worse than that of as many unguided samples; among all, if all are worse."""
    plain = table.loc[table["kind"] == PLAIN, "fid"].item()
    good = rows[rows["fid"] <= plain]
    chosen = (good if len(good) else rows).sort_values("scale")
    return chosen.iloc[int(chosen["agreement"].to_numpy().argmax())]


def ratio_table(ratios: dict[str, RatioValues]) -> pandas.DataFrame:
    """`ratio_error` of each guide against the exact one, by noise level; empty without it. One of
    noised y, or of pairs by instance, estimates another ratio, and differs for that reason too. The
    exact one that guides another denoiser is left out."""
    if EXACT not in ratios:
        return pandas.DataFrame()
    return pandas.DataFrame(
        {"guide": name} | row
        for name, found in ratios.items()
        if not torch.equal(found.value, ratios[EXACT].value)
        for row in ratio_error(found, ratios[EXACT])
    )


def ratio_figures(table: pandas.DataFrame, ratios: dict[str, RatioValues]) -> dict[str, float]:
    """`ratio_table` as one dictionary, its figures named guide_figure_level; and guide_reads_y, the
    share of test pairs y whose class the ratio knows."""
    return {
        f"{guide}_reads_y": each.reads.double().mean().item() for guide, each in ratios.items()
    } | {
        f"{row['guide']}_{key}_{row['level']:g}{end}": row[f"{key}{end}"]
        for row in table.to_dict("records")
        for end in ("", "_low", "_high")
        for key in KEYS
    }
