"""Scores and pictures of one run."""

from dataclasses import dataclass
from typing import Any

import pandas
from torch import Tensor

from scorefield.core.datasets import Dataset, Images, Points
from scorefield.experiments.evaluators import load_evaluator
from scorefield.experiments.titles import moments, title
from scorefield.metrics.agreement import agreement
from scorefield.metrics.evaluators import Evaluator, FeatureEvaluator
from scorefield.pipeline import params, ranks
from scorefield.pipeline.files import load_bytes, load_dataset, save_table
from scorefield.plots.filmstrip import filmstrip
from scorefield.plots.matched import Row, matched
from scorefield.plots.scatter import scatter
from scorefield.plots.side_by_side import side_by_side
from scorefield.plots.trajectories import trajectories

SHOWN = 20  # images of a row


@dataclass(frozen=True)
class Sampled:
    """What the stage `sample` saved for a run, images as bytes; the last three only for a run whose
    samples should match test examples."""

    samples: Tensor
    frames: Tensor
    nfe: Tensor
    steps: Tensor
    condition: Tensor | None = None
    source: Tensor | None = None
    unguided: Tensor | None = None


def evaluate(name: str, spec: dict[str, Any]) -> dict[str, float] | None:
    """The scores of a run; its pictures and its shares of classes or modes are written to plots.
    None but on rank 0."""
    drawn = Sampled(**load_bytes(f"samples/{name}.safetensors"))
    data, evaluator = load_dataset(spec["data"], as_bytes=True), load_evaluator(spec["evaluator"])
    sections = {key: params.section(key) for key in ("points", "images")}
    figures, table = evaluator.scores(drawn.samples, data, sections)
    figures |= matching(drawn, data, evaluator)
    figures |= {"steps": int(drawn.steps), "nfe": int(drawn.nfe)}
    if ranks.rank() > 0:
        return None
    pictures(name, spec, figures, drawn, data, evaluator)
    rows = pandas.DataFrame(table).rename_axis("category").assign(run=name)
    save_table(f"plots/shares/{name}.csv", rows, index=True)
    return figures


def matching(drawn: Sampled, data: Dataset, evaluator: Evaluator) -> dict[str, float]:
    """The agreement of a run whose images should match test images; nothing for other runs."""
    if drawn.source is None or drawn.unguided is None or drawn.source.min() < 0:
        return {}
    if not (isinstance(data, Images) and isinstance(evaluator, FeatureEvaluator)):
        return {}
    return agreement(drawn.samples, drawn.unguided, drawn.source, data, evaluator)


def pictures(
    name: str,
    spec: dict[str, Any],
    figures: dict[str, float],
    drawn: Sampled,
    data: Dataset,
    evaluator: Evaluator,
) -> None:
    """The samples, and the trajectories of the first of them."""
    picture, trajectory = f"plots/runs/{name}.png", f"plots/trajectories/{name}.png"
    said = title(name, spec, figures)
    times = moments(spec, int(drawn.steps), len(drawn.frames))
    if isinstance(data, Points):
        scatter(drawn.samples, data.test, data.law, picture, said)
        trajectories(drawn.frames, data.law, trajectory, times, said)
        return
    if drawn.condition is not None and drawn.unguided is not None:
        matched({said: rows_of(drawn, data, evaluator)}, picture)
    else:
        side_by_side(drawn.samples, data.test, picture, said)
    filmstrip(drawn.frames, trajectory, times, said)


def rows_of(drawn: Sampled, data: Dataset, evaluator: Evaluator) -> list[Row]:
    """The images that samples should match, and samples with and without guidance; marked with
    their classes where these are known."""
    rows = [Row("y", as_shown(drawn.condition))]
    aimed = None
    if isinstance(data, Images) and drawn.source is not None and drawn.source.min() >= 0:
        aimed = data.test_labels[drawn.source[:SHOWN]]
    for label, images in (("guided", drawn.samples), ("unguided", drawn.unguided)):
        found = None
        if isinstance(evaluator, FeatureEvaluator):
            found = evaluator.classes(as_shown(images))
        right = None if found is None or aimed is None else found == aimed
        rows.append(Row(label, as_shown(images), found, right))
    return rows


def as_shown(images: Tensor | None) -> Tensor:
    """The first of the images."""
    assert images is not None
    return images[:SHOWN]
