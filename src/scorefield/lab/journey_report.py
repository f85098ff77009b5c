"""The study of paths as a table and pictures."""

from collections.abc import Callable
from typing import Any

import pandas
from torch import Tensor

from scorefield.core.datasets import Dataset
from scorefield.core.studies import PathRecord
from scorefield.metrics.evaluators import Evaluator, LawEvaluator
from scorefield.metrics.passage import fall, passage
from scorefield.plots.courses import descents, energies, heights
from scorefield.plots.film import film
from scorefield.plots.routes import routes, walk
from scorefield.plots.strips import strips


def path_table(records: list[PathRecord], data: Dataset, evaluator: Evaluator) -> pandas.DataFrame:
    """A row a path."""
    rows = []
    for record in records:
        row: dict[str, Any] = {"noise": record.noise, "journey": record.journey}
        row |= {"ends": record.ends, "method": record.method}
        row |= {key: value.item() for key, value in record.figures.items()}
        row |= passage(record.clean, data, evaluator)
        if isinstance(evaluator, LawEvaluator):
            row["barrier_true"] = fall(record.even, evaluator, record.noise)
        rows.append(row | {"calls": record.calls})
    return pandas.DataFrame(rows)


def path_pictures(records: list[PathRecord], evaluator: Evaluator, folder: str) -> None:
    """Every picture of the study, with paths over the true density where that is known, and else
    as images."""
    goal = [record for record in records if record.ends == "goal"]
    best = [record for record in goal if record.history is not None]
    energies({title(each): each.motion for each in records if each.motion}, f"{folder}/energy.png")
    descents({title(each): each.history for each in best if each.history}, f"{folder}/action.png")
    heights(panels(goal, lambda record: record.work), f"{folder}/height.png")
    if isinstance(evaluator, LawEvaluator):
        shown = [each for each in records if each.ends == "goal" or each.method == "hamiltonian"]
        noise = {title(record): record.noise for record in records}
        paths = panels(shown, lambda record: record.path)
        routes(paths, noise, evaluator, f"{folder}/routes.png")
        frames = [walk(record.path, evaluator, record.noise) for record in best]
    else:
        for level in dict.fromkeys(record.noise for record in records):
            mine = [record for record in records if record.noise == level]
            images = panels(mine, lambda record: record.clean)
            strips(images, f"{folder}/strips-{level:g}.png")
        frames = [record.clean for record in best]
    film(frames, f"{folder}/path.gif")


def title(record: PathRecord) -> str:
    """What the panel of a journey is called."""
    return f"{record.noise:g}, {record.journey}"


def panels(
    records: list[PathRecord], shown: Callable[[PathRecord], Tensor]
) -> dict[str, dict[str, Tensor]]:
    """What is shown of each path, by the titles of its journey and of the path."""
    found: dict[str, dict[str, Tensor]] = {}
    for record in records:
        found.setdefault(title(record), {})[f"{record.ends}/{record.method}"] = shown(record)
    return found
