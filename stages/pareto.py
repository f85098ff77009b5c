"""A sweep as figure, table and metrics. Usage: python stages/pareto.py NAME"""

from typing import Any

import pandas

from scorefield.core import params
from scorefield.core.datasets import Images, Layouts, load_dataset
from scorefield.core.errors import InputError
from scorefield.core.files import command, save_json, save_table
from scorefield.core.records import load_records
from scorefield.core.studies import ROLES, SweepCell
from scorefield.data.layouts import REGIMES
from scorefield.lab.evaluators import load_evaluator
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.metrics.pareto import (
    chosen_figures,
    image_figures,
    of_images,
    of_layouts,
    over_layouts,
)
from scorefield.plots.pareto import pareto

JUNK = 0.03  # that is allowed where a scale is chosen
PANELS = (("rare", "interior"), ("rare", "edge"), ("withheld", "all"))  # regime and place
Scored = tuple[pandas.DataFrame, dict[str, float]]


def layouts(name: str, spec: dict[str, Any], cells: list[SweepCell], data: Layouts) -> Scored:
    figures = over_layouts(cells, data, params.section("plane")["within"])
    table = of_layouts(figures, data, REGIMES)
    shown = table[table["role"] == "model"]
    panels = {
        f"{regime} mode, {place}": shown[(shown["regime"] == regime) & (shown["place"] == place)]
        for regime, place in PANELS
    }
    pareto(panels, f"plots/sweeps/{name}.png")
    return table, chosen_figures(figures, data, spec["ways"], JUNK, REGIMES.index("rare"))


def images(name: str, spec: dict[str, Any], cells: list[SweepCell], data: Images) -> Scored:
    evaluator = load_evaluator(spec["judge"])
    if not isinstance(evaluator, FeatureEvaluator):
        raise InputError(f"sweeps.{name}.judge: expected a network that reads images")
    table = of_images(cells, data, evaluator)
    panels = {spec[role]: table[table["role"] == role] for role in ROLES}
    pareto(panels, f"plots/sweeps/{name}.png")
    return table, image_figures(table)


def main(name: str) -> None:
    spec = params.entry("sweeps", name)
    data = load_dataset(spec["data"])
    cells = load_records(f"samples/{name}-sweep.safetensors", SweepCell)
    if isinstance(data, Layouts):
        table, figures = layouts(name, spec, cells, data)
    elif isinstance(data, Images):
        table, figures = images(name, spec, cells, data)
    else:
        raise InputError(f"sweeps.{name}: expected data of layouts or images")
    save_table(f"metrics/sweeps/{name}.csv", table)
    save_json(f"metrics/sweeps/{name}.json", figures)


if __name__ == "__main__":
    command(main)
