"""A guidance sweep as figures, table and picture."""

from typing import Any

import pandas

from scorefield.core.datasets import Images, Layouts
from scorefield.core.errors import InputError
from scorefield.core.results import ROLES, SteeredSamples
from scorefield.data.layouts import REGIMES
from scorefield.experiments.evaluators import load_evaluator
from scorefield.experiments.guidance_sweep_figures import (
    chosen_figures,
    image_figures,
    of_images,
    of_layouts,
    over_layouts,
)
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.pipeline import params
from scorefield.pipeline.files import load_dataset, save_json, save_table
from scorefield.pipeline.records import load_records
from scorefield.plots.trade_off import trade_off

MOST_OFF_MODE = 0.03  # the highest off-mode rate at which a scale may be chosen
PANELS = (("rare", "interior"), ("rare", "edge"), ("withheld", "all"))  # regime and place
Report = tuple[pandas.DataFrame, dict[str, float]]


def guidance_sweep_report(name: str, spec: dict[str, Any]) -> None:
    """Write figures, table and picture of an entry of `guidance_sweep`. Raises InputError for data
    of another kind."""
    data = load_dataset(spec["data"])
    cells = load_records(f"samples/{name}-guidance_sweep.safetensors", SteeredSamples)
    picture = f"plots/guidance_sweep/{name}.png"
    if isinstance(data, Layouts):
        table, figures = report_layouts(spec, cells, data, picture)
    elif isinstance(data, Images):
        table, figures = report_images(name, spec, cells, data, picture)
    else:
        raise InputError(f"guidance_sweep.{name}: expected data of layouts or images")
    save_table(f"metrics/guidance_sweep/{name}.csv", table)
    save_json(f"metrics/guidance_sweep/{name}.json", figures)


def report_layouts(
    spec: dict[str, Any], cells: list[SteeredSamples], data: Layouts, picture: str
) -> Report:
    """The table and the figures of samples on layouts; the picture is drawn."""
    figures = over_layouts(cells, data, params.section("points")["within"])
    table = of_layouts(figures, data, REGIMES)
    shown = table[table["role"] == "model"]
    panels = {
        f"{regime} mode, {place}": shown[(shown["regime"] == regime) & (shown["place"] == place)]
        for regime, place in PANELS
    }
    trade_off(panels, picture)
    rare, variants = REGIMES.index("rare"), spec["variants"]
    return table, chosen_figures(figures, data, variants, MOST_OFF_MODE, rare)


def report_images(
    name: str, spec: dict[str, Any], cells: list[SteeredSamples], data: Images, picture: str
) -> Report:
    """The table and the figures of samples of images; the picture is drawn."""
    evaluator = load_evaluator(spec["evaluator"])
    if not isinstance(evaluator, FeatureEvaluator):
        raise InputError(f"guidance_sweep.{name}.evaluator: expected a network that reads images")
    table = of_images(cells, data, evaluator)
    trade_off({spec[role]: table[table["role"] == role] for role in ROLES}, picture)
    return table, image_figures(table)
