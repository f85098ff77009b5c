"""The study of matching as a table."""

from typing import Any

import pandas

from scorefield.core.datasets import Dataset, Images, Points
from scorefield.core.errors import InputError
from scorefield.core.studies import MatchCell
from scorefield.metrics.agreement import of_images, of_points
from scorefield.metrics.evaluators import Evaluator, FeatureEvaluator


def figures_of(cell: MatchCell, data: Dataset, evaluator: Evaluator) -> dict[str, float]:
    """How well the samples of a cell match. Raises InputError for data without pairs, and for an
    evaluator of other data."""
    if isinstance(data, Points):
        return of_points(cell.samples, cell.y, data)
    if not (isinstance(data, Images) and isinstance(evaluator, FeatureEvaluator)):
        raise InputError("judge: images are judged by a classifier (net: convnet or inception)")
    if cell.source is not None:
        return of_images(cell.samples, data.test_labels[cell.source], data, evaluator)
    upright = cell.y.rot90(data.pair_turns, (2, 3))
    return of_images(cell.samples, evaluator.classes(upright), data, evaluator)


def match_table(cells: list[MatchCell], data: Dataset, evaluator: Evaluator) -> pandas.DataFrame:
    """A row a cell, by way and scale."""
    rows: list[dict[str, Any]] = []
    for cell in cells:
        row = {"way": cell.way, "scale": cell.scale, "nfe": cell.nfe}
        rows.append(row | figures_of(cell, data, evaluator))
    return pandas.DataFrame(rows).sort_values(["way", "scale"])


def match_figures(table: pandas.DataFrame) -> dict[str, float]:
    """The table as one dictionary, its figures named by way and scale."""
    figures = {}
    for _, row in table.iterrows():
        label = f"{row['way']}_{row['scale']:g}"
        for key in table.columns.drop(["way", "scale"]):
            figures[f"{label}_{key}"] = float(row[key])
    return figures
