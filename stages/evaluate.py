"""Score and picture one run, alone or under torchrun. Usage: python stages/evaluate.py NAME"""

from dataclasses import dataclass

import pandas
from torch import Tensor

from scorefield.core import params, ranks
from scorefield.core.datasets import Dataset, Images, Points, load_dataset
from scorefield.core.files import command, load_bytes, save_json, save_table
from scorefield.lab.evaluator_hash import evaluator_hash
from scorefield.lab.evaluators import load_evaluator
from scorefield.metrics.agreement import agreement
from scorefield.metrics.evaluators import Evaluator, FeatureEvaluator
from scorefield.plots.beside import beside
from scorefield.plots.filmstrip import filmstrip
from scorefield.plots.matched import matched
from scorefield.plots.scatter import scatter
from scorefield.plots.ways import ways


@dataclass(frozen=True)
class Sampled:
    """What `sample` wrote of a run, images as bytes; the last three of a run that matches test
    examples."""

    samples: Tensor
    frames: Tensor
    nfe: Tensor
    steps: Tensor
    given: Tensor | None = None
    source: Tensor | None = None
    unguided: Tensor | None = None


def matching(drawn: Sampled, data: Dataset, evaluator: Evaluator) -> dict[str, float]:
    """How many images are of the class of what they were to match, of a run that matches."""
    if drawn.source is None or drawn.unguided is None or drawn.source.min() < 0:
        return {}
    if not (isinstance(data, Images) and isinstance(evaluator, FeatureEvaluator)):
        return {}
    return agreement(drawn.samples, drawn.unguided, drawn.source, data, evaluator)


def pictures(name: str, drawn: Sampled, data: Dataset) -> None:
    """The samples, and the first of them on their way from noise."""
    picture, way = f"plots/runs/{name}.png", f"plots/trajectories/{name}.png"
    if isinstance(data, Points):
        scatter(drawn.samples, data.test, data.law, picture)
        ways(drawn.frames, data.law, way)
        return
    if drawn.given is not None and drawn.unguided is not None:
        shown = (drawn.given, drawn.samples, drawn.unguided)
        matched({"to match / guided / unguided": shown}, picture)
    else:
        beside(drawn.samples, data.test, picture)
    filmstrip(drawn.frames, way)


def main(name: str) -> None:
    spec = params.run(name)
    drawn = Sampled(**load_bytes(f"samples/{name}.safetensors"))
    data, evaluator = load_dataset(spec["data"], as_bytes=True), load_evaluator(spec["judge"])
    sections = {key: params.section(key) for key in ("plane", "images")}
    figures, table = evaluator.scores(drawn.samples, data, sections)
    figures |= matching(drawn, data, evaluator)
    figures |= {"steps": int(drawn.steps), "nfe": int(drawn.nfe)}
    scored_by = {"evaluator": evaluator_hash(spec)} if isinstance(data, Images) else {}
    if ranks.rank() > 0:
        return
    pictures(name, drawn, data)
    save_json(f"metrics/runs/{name}.json", figures | scored_by)
    rows = pandas.DataFrame(table).rename_axis("category").assign(run=name)
    save_table(f"plots/shares/{name}.csv", rows, index=True)


if __name__ == "__main__":
    command(main)
