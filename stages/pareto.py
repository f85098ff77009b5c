"""A sweep as figure, table and metrics. Usage: python stages/pareto.py NAME"""

import pandas

from scorefield.core import params
from scorefield.core.files import (
    command,
    load_data,
    load_model,
    load_tensors,
    save_json,
    save_table,
)
from scorefield.core.hardware import device
from scorefield.data.layouts import REGIMES
from scorefield.metrics.pareto import elsewhere, of_images, of_layouts, over_layouts
from scorefield.metrics.ranking import mean_se
from scorefield.plots.pareto import pareto

JUNK = 0.03  # that is allowed where a scale is chosen


def layouts(name: str, spec: dict, cells: dict, data: dict) -> tuple[pandas.DataFrame, dict]:
    figures = over_layouts(cells, data, params.section("plane")["within"])
    table, chosen = of_layouts(figures, data, REGIMES), {}
    for role in ("model", "control"):
        for way in ("plain", *spec["ways"]):
            found = elsewhere(figures, data, role, way, JUNK, REGIMES.index("rare"))
            for half in (0, 1):
                chosen[f"{role}_{way}_scale_{half}"] = float(found["scale"][half])
            for place in ("interior", "edge"):
                mine = found["interior"] == (place == "interior")
                for key in ("hit", "junk"):
                    label = f"{role}_{way}_{place}_{key}"
                    chosen[label], chosen[f"{label}_se"] = mean_se(found[key][mine].double())
    shown = table[table["role"] == "model"]
    panels = {
        f"{regime} mode, {place}": shown[(shown["regime"] == regime) & (shown["place"] == place)]
        for regime, place in (("rare", "interior"), ("rare", "edge"), ("withheld", "all"))
    }
    pareto(panels, f"plots/sweeps/{name}.png")
    return table, chosen


def digits(name: str, spec: dict, cells: dict, data: dict) -> tuple[pandas.DataFrame, dict]:
    judge = load_model(f"models/{spec['judge']}").to(device())
    table = of_images(cells, data, judge)
    pareto(
        {spec[r]: table[table["role"] == r] for r in ("model", "control")},
        f"plots/sweeps/{name}.png",
    )
    rows = {f"{r.role}_{r.way}_{r.scale:g}": r for r in table.itertuples()}
    keys = ("hit", "hit_se", "junk", "junk_se", "novel", "novel_se")
    return table, {
        f"{label}_{key}": float(getattr(r, key)) for label, r in rows.items() for key in keys
    }


def main(name: str) -> None:
    spec, data = params.entry("sweeps", name), load_data(params.entry("sweeps", name)["data"])
    drawn = load_tensors(f"samples/{name}-sweep.safetensors")
    cells = {}
    for key in drawn:
        role, way, scale, what = key.split("/")
        if what == "samples":
            cells[role, way, float(scale)] = drawn[key]
    order = ["plain", *spec["ways"]]
    place = lambda cell: (cell[0] != "model", order.index(cell[1]), cell[2])
    cells = {cell: cells[cell] for cell in sorted(cells, key=place)}
    table, figures = (layouts if "layout" in data else digits)(name, spec, cells, data)
    nfe = {k: int(drawn["/".join(map(str, (*k, "nfe")))]) for k in cells}
    where = table[["role", "way", "scale"]].apply(tuple, axis=1)
    save_table(f"metrics/sweeps/{name}.csv", table.assign(nfe=where.map(nfe)))
    save_json(f"metrics/sweeps/{name}.json", figures)


if __name__ == "__main__":
    command(main)
