"""A map as figures, tables and metrics. Usage: python stages/atlas.py NAME"""

from typing import Any

import pandas

from scorefield.core import params
from scorefield.core.datasets import Images, Layouts, load_dataset
from scorefield.core.errors import InputError
from scorefield.core.files import command, save_json, save_table
from scorefield.core.records import load_records
from scorefield.core.studies import ROLES, ImageSurvey, PointSurvey
from scorefield.data.layouts import REGIMES
from scorefield.lab.evaluators import load_evaluator
from scorefield.metrics.atlas import flat, of_images, of_points
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.plots.areas import areas
from scorefield.plots.heat import heat
from scorefield.plots.unstable import unstable, way

SHOWN = {  # heat maps: regime and layout
    "withheld": ("withheld", 0),
    "rare": ("rare", 0),
    "decoy": ("withheld", 6),
}
KNOWN = {
    "auroc_train": "special mode against training data",
    "auroc": "against junk as far out",
    "auroc_decoy": "against a decoy",
    "truth": "correlation with the true error",
}
LOOKS = {
    "auroc": "withheld class against the others",
    "confidence": "correlation with confidence",
    "distance": "with distance to training images",
    "png": "with size as PNG",
}


def points(name: str, levels: list[float], data: Layouts) -> tuple[pandas.DataFrame, ...]:
    """The table of a survey of points, and the part of it that is shown; figures are drawn."""
    (found,) = load_records(f"samples/{name}-map.safetensors", PointSurvey)
    for title, (regime, layout) in SHOWN.items():
        mine = (data.regime == REGIMES.index(regime)) & (data.layout == layout)
        for member in mine.nonzero().flatten().tolist():
            marks = {regime: data.mean[member, 0]}
            if title == "decoy":
                marks["decoy"] = data.decoy[member]
            path = f"plots/maps/{name}/{title}.png"
            heat(found.heat, member, levels, data.train[:, member], marks, path)
    table = of_points(found, data, levels)
    withheld = table[table["regime"] == REGIMES.index("withheld")].drop(columns="regime")
    areas(withheld, KNOWN, {"model": "network", "control": "exact"}, f"plots/maps/{name}/known.png")
    return table, withheld


def images(name: str, spec: dict[str, Any], data: Images) -> tuple[pandas.DataFrame, ...]:
    """The same of a survey of images, all of which is shown."""
    (found,) = load_records(f"samples/{name}-map.safetensors", ImageSurvey)
    evaluator, levels = load_evaluator(spec["judge"]), spec["levels"]
    if not isinstance(evaluator, FeatureEvaluator):
        raise InputError(f"maps.{name}.judge: expected a network that reads images")
    table = of_images(found, data, levels, evaluator)
    for i, level in enumerate(levels):
        title = f"posterior variance at sigma / alpha = {level:g}"
        path = f"plots/maps/{name}/unstable-{level:g}.png"
        unstable(found.images, found.scores["trace"][0, i], title, path)
    way(found.frames, f"plots/maps/{name}/way.png")
    roles = {role: spec[role] for role in ROLES}
    shown = {key: title for key, title in LOOKS.items() if key in set(table["figure"])}
    areas(table, shown, roles, f"plots/maps/{name}/known.png")
    return table, table


def main(name: str) -> None:
    spec = params.entry("maps", name)
    data = load_dataset(spec["data"])
    if isinstance(data, Layouts):
        whole, shown = points(name, spec["levels"], data)
    elif isinstance(data, Images):
        whole, shown = images(name, spec, data)
    else:
        raise InputError(f"maps.{name}: expected data of layouts or images")
    save_json(f"metrics/maps/{name}.json", flat(shown))
    save_table(f"metrics/maps/{name}.csv", whole)


if __name__ == "__main__":
    command(main)
