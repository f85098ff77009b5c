"""A guidance sweep as figures, table and pictures."""

from typing import Any

import pandas

from scorefield.core.datasets import Images, Layouts
from scorefield.core.errors import InputError
from scorefield.core.results import ROLES, SteeredSamples
from scorefield.data.layouts import REGIMES
from scorefield.experiments.evaluators import load_evaluator
from scorefield.experiments.guidance_sweep_figures import (
    CellFigures,
    chosen_figures,
    chosen_on_other_half,
    compared,
    of_layouts,
    over_layouts,
    titled,
)
from scorefield.experiments.guidance_sweep_images import (
    chosen_image_figures,
    chosen_images,
    of_images,
    over_images,
    samples_shown,
    table_figures,
)
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.pipeline import params
from scorefield.pipeline.files import load_dataset, save_json, save_table
from scorefield.pipeline.records import load_records
from scorefield.pipeline.variants import cells as cells_of
from scorefield.pipeline.variants import denoisers
from scorefield.plots.guided_images import Row, guided_images
from scorefield.plots.guided_points import guided_points
from scorefield.plots.trade_off import trade_off

MOST_OFF_MODE = 0.03  # the highest off-mode rate at which a scale may be chosen
PANELS = {  # regime and place -> title
    ("rare", "interior"): "rare mode inside the others",
    ("rare", "edge"): "rare mode at the edge",
    ("withheld", "all"): "mode that was never seen",
}
RARE = REGIMES.index("rare")
BARS = "bars: 95 % intervals; lines follow the scale of guidance"
ROLE_WORDS = {
    "model": "network, rare class 1 %",
    "control": "exact law, rare class 1 %",
    "withheld": "network without the class",
}
SHOWN = 20  # images of each variant in a picture
Report = tuple[pandas.DataFrame, dict[str, float]]


def guidance_sweep_report(name: str, spec: dict[str, Any]) -> None:
    """Write figures, table and pictures of an entry of `guidance_sweep`. Raises InputError for data
    of another kind."""
    data = load_dataset(spec["data"])
    cells = load_records(f"samples/{name}-guidance_sweep.safetensors", SteeredSamples)
    picture = f"plots/guidance_sweep/{name}"
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
    """The table and the figures of samples on layouts; the pictures are drawn."""
    figures = over_layouts(cells, data, params.section("points")["within"])
    table = of_layouts(figures, data, REGIMES)
    shown = table[table["role"] == ROLES[0]]
    panels = {
        said: shown[(shown["regime"] == regime) & (shown["place"] == place)]
        for (regime, place), said in PANELS.items()
    }
    trade_off(panels, f"{picture}.png", f"Networks, {spec['n']} samples of each layout; {BARS}")
    draw_layout(figures, data, spec["variants"], f"{picture}-samples.png")
    return table, chosen_figures(figures, data, [*spec["variants"]], MOST_OFF_MODE, RARE)


def draw_layout(figures: list[CellFigures], data: Layouts, tried: list[str], path: str) -> None:
    """Samples on the first layout whose rare mode is interior."""
    mine = data.regime == RARE
    found = {
        variant: chosen_on_other_half(figures, ROLES[0], variant, MOST_OFF_MODE, mine)
        for variant in tried
    }
    case = int(data.interior[mine].int().argmax())
    member = int(mine.nonzero()[case])
    shown = compared(figures, ROLES[0], found, case)
    panels = {titled(each): each.cell.samples[:, member] for each in shown}
    n = shown[0].cell.samples.shape[0]
    title = f"Samples of a network, n = {n}, from the same noise; cross: mode with 1 % of the data"
    guided_points(panels, data.law(member), path, title)


def report_images(
    name: str, spec: dict[str, Any], cells: list[SteeredSamples], data: Images, picture: str
) -> Report:
    """The table and the figures of samples of images; the pictures are drawn."""
    evaluator = load_evaluator(spec["evaluator"])
    if not isinstance(evaluator, FeatureEvaluator):
        raise InputError(f"guidance_sweep.{name}.evaluator: expected a network that reads images")
    figures = over_images(cells, data, evaluator)
    roles = {role: model for role, model in denoisers(spec).items() if cells_of(spec, role)}
    table = of_images(figures, evaluator.features(data.test))
    titles = {role: f"{ROLE_WORDS[role]} ({model})" for role, model in roles.items()}
    trade_off(
        {text: table[table["role"] == role] for role, text in titles.items()},
        f"{picture}.png",
        f"{spec['n']} samples of each, compared with unguided ones of the same noise; {BARS}",
        changes=True,
    )
    draw_images(figures, titles, f"{picture}-samples.png")
    return table, table_figures(table) | chosen_image_figures(figures, [*roles])


def draw_images(figures: list[CellFigures], titles: dict[str, str], path: str) -> None:
    """Guided images below unguided ones, of each role."""
    panels = {}
    for role, text in titles.items():
        shown = compared(figures, role, chosen_images(figures, role))
        mine = samples_shown(shown, SHOWN)
        panels[text] = {
            titled(each): Row(
                images=each.cell.samples[mine],
                rare_mode=each.values["rare_mode"][mine] > 0,
                off_mode=each.values["off_mode"][mine] > 0,
            )
            for each in shown
        }
    guided_images(panels, path)
