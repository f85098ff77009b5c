"""The paths study as a table and pictures."""

from collections.abc import Callable
from typing import Any

import pandas
from torch import Tensor

from scorefield.core.datasets import Dataset
from scorefield.core.results import PathRecord
from scorefield.experiments.evaluators import load_evaluator
from scorefield.metrics.along_path import along_path, path_summary, true_barrier
from scorefield.metrics.evaluators import Evaluator, LawEvaluator
from scorefield.pipeline.files import load_dataset, save_json, save_table
from scorefield.pipeline.records import load_records
from scorefield.plots.film import film
from scorefield.plots.path_density import path_density, walk
from scorefield.plots.path_energy import action_descent, path_energy, path_height
from scorefield.plots.strips import strips


def paths_report(name: str, spec: dict[str, Any]) -> None:
    """Write figures, table and pictures of an entry of `paths`."""
    data, evaluator = load_dataset(spec["data"]), load_evaluator(spec["evaluator"])
    records = load_records(f"samples/{name}-paths.safetensors", PathRecord)
    table = path_table(records, data, evaluator)
    save_table(f"metrics/paths/{name}.csv", table)
    motions = [record.motion for record in records if record.motion]
    save_json(f"metrics/paths/{name}.json", path_summary(table, motions))
    path_pictures(records, evaluator, f"plots/paths/{name}")


def path_table(records: list[PathRecord], data: Dataset, evaluator: Evaluator) -> pandas.DataFrame:
    """A row a path."""
    rows = []
    for record in records:
        row: dict[str, Any] = {"noise": record.noise, "endpoints": record.endpoints}
        row |= {"target": record.target, "method": record.method}
        row |= {key: value.item() for key, value in record.figures.items()}
        row |= along_path(record.clean, data, evaluator)
        if isinstance(evaluator, LawEvaluator):
            row["barrier_true"] = true_barrier(record.even, evaluator, record.noise)
        rows.append(row | {"calls": record.calls})
    return pandas.DataFrame(rows)


def path_pictures(records: list[PathRecord], evaluator: Evaluator, folder: str) -> None:
    """Every picture of the study, with paths over the true density where that is known, and else
    as images."""
    goal = [record for record in records if record.target == "goal"]
    best = [record for record in goal if record.history is not None]
    path_energy(
        {title(each): each.motion for each in records if each.motion}, f"{folder}/energy.png"
    )
    action_descent(
        {title(each): each.history for each in best if each.history}, f"{folder}/action.png"
    )
    path_height(panels(goal, lambda record: record.work), f"{folder}/height.png")
    if isinstance(evaluator, LawEvaluator):
        shown = [each for each in records if each.target == "goal" or each.method == "hamiltonian"]
        noise = {title(record): record.noise for record in records}
        paths = panels(shown, lambda record: record.path)
        path_density(paths, noise, evaluator, f"{folder}/density.png")
        frames = [walk(record.path, evaluator, record.noise) for record in best]
    else:
        for level in dict.fromkeys(record.noise for record in records):
            mine = [record for record in records if record.noise == level]
            images = panels(mine, lambda record: record.clean)
            strips(images, f"{folder}/strips-{level:g}.png")
        frames = [record.clean for record in best]
    film(frames, f"{folder}/path.gif")


def title(record: PathRecord) -> str:
    """The title of the panel of a noise level and a pair of endpoints."""
    return f"{record.noise:g}, {record.endpoints}"


def panels(
    records: list[PathRecord], shown: Callable[[PathRecord], Tensor]
) -> dict[str, dict[str, Tensor]]:
    """What is shown of each path, by the titles of its panel and of the path."""
    found: dict[str, dict[str, Tensor]] = {}
    for record in records:
        found.setdefault(title(record), {})[f"{record.target}/{record.method}"] = shown(record)
    return found
