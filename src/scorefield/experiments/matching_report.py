"""The matching study as a table, figures and pictures."""

from typing import Any

import pandas

from scorefield.core.datasets import Dataset, Images, Points
from scorefield.core.errors import InputError
from scorefield.core.results import MatchedSamples
from scorefield.experiments.evaluators import load_evaluator
from scorefield.metrics.agreement import of_images, of_points
from scorefield.metrics.evaluators import Evaluator, FeatureEvaluator
from scorefield.pipeline.files import load_dataset, save_json, save_table
from scorefield.pipeline.records import load_records
from scorefield.plots.couples import couples
from scorefield.plots.matched import matched
from scorefield.plots.strength import strength


def figures_of(cell: MatchedSamples, data: Dataset, evaluator: Evaluator) -> dict[str, float]:
    """How well samples match. Raises InputError for data without pairs, and for an
    evaluator of other data."""
    if isinstance(data, Points):
        return of_points(cell.samples, cell.y, data)
    if not (isinstance(data, Images) and isinstance(evaluator, FeatureEvaluator)):
        raise InputError("evaluator: images need a classifier (net: convnet or inception)")
    if cell.source is not None:
        return of_images(cell.samples, data.test_labels[cell.source], data, evaluator)
    upright = cell.y.rot90(data.pair_turns, (2, 3))
    return of_images(cell.samples, evaluator.classes(upright), data, evaluator)


def match_table(
    cells: list[MatchedSamples], data: Dataset, evaluator: Evaluator
) -> pandas.DataFrame:
    """A row for each set of samples, by the origin of y and the scale."""
    rows: list[dict[str, Any]] = []
    for cell in cells:
        row = {"y_from": cell.y_from, "scale": cell.scale, "nfe": cell.nfe}
        rows.append(row | figures_of(cell, data, evaluator))
    return pandas.DataFrame(rows).sort_values(["y_from", "scale"])


def match_figures(table: pandas.DataFrame) -> dict[str, float]:
    """The table as one dictionary, its figures named by the origin of y and the scale."""
    figures = {}
    for _, row in table.iterrows():
        label = f"{row['y_from']}_{row['scale']:g}"
        for key in table.columns.drop(["y_from", "scale"]):
            figures[f"{label}_{key}"] = float(row[key])
    return figures


def matching_report(name: str, spec: dict[str, Any]) -> None:
    """Write figures, table and pictures of an entry of `matching`."""
    data, evaluator = load_dataset(spec["data"]), load_evaluator(spec["evaluator"])
    cells = load_records(f"samples/{name}-matching.safetensors", MatchedSamples)
    table = match_table(cells, data, evaluator)
    save_table(f"metrics/matching/{name}.csv", table)
    save_json(f"metrics/matching/{name}.json", match_figures(table))
    strength(table, f"plots/matching/{name}/strength.png")
    together = {cell.y_from: (cell.y, cell.samples) for cell in cells if cell.source is None}
    if isinstance(data, Points):
        couples(together, f"plots/matching/{name}/together.png")
    else:
        matched(together, f"plots/matching/{name}/together.png")
