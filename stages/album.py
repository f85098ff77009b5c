"""Paths as pictures, table and metrics. Usage: python stages/album.py NAME"""

from collections import defaultdict
from pathlib import Path

import pandas
from torch import Tensor

from scorefield.core import params
from scorefield.core.denoiser import Model
from scorefield.core.files import (
    command,
    load_data,
    load_model,
    load_tensors,
    save_json,
    save_table,
)
from scorefield.metrics.passage import fall, passage, summed
from scorefield.plots.courses import descents, energies, heights
from scorefield.plots.film import film
from scorefield.plots.routes import routes, walk
from scorefield.plots.strips import strips

ROWS = ("reached/line", "reached/hamiltonian", "reached/instanton", "goal/line", "goal/slerp")
ROWS += ("goal/noise", "goal/instanton")


def tabled(journeys: dict[str, dict], data: dict[str, Tensor], judge: Model) -> pandas.DataFrame:
    """One row a journey, ends and method."""
    rows = []
    for title, held in journeys.items():
        noise, journey = title.split("|")
        for row in ROWS:
            ends, method = row.split("/")
            figures = {key: value.item() for key, value in held[row].items() if value.ndim == 0}
            figures |= passage(held[row]["clean"], data, judge)
            if hasattr(judge.net, "law"):
                figures["barrier_true"] = fall(held[row]["even"], judge, float(noise))
            place = {"noise": float(noise), "journey": journey, "ends": ends, "method": method}
            figures["calls"] = held[""]["calls"].item()
            rows.append(place | figures)
    return pandas.DataFrame(rows)


def pictured(journeys: dict[str, dict], judge: Model, folder: Path) -> None:
    """Every figure of the folder."""
    named = {key.replace("|", ", "): held for key, held in journeys.items()}
    noise = {name: float(name.split(",")[0]) for name in named}
    pick = lambda what, rows=ROWS: {
        name: {row: held[row][what] for row in rows} for name, held in named.items()
    }
    energies({name: held["motion"] for name, held in named.items()}, folder / "energy.png")
    descents({name: held["goal/history"] for name, held in named.items()}, folder / "action.png")
    heights(pick("work", ROWS[3:]), folder / "height.png")
    if hasattr(judge.net, "law"):
        paths = pick("path", ROWS[1:2] + ROWS[3:])
        routes(paths, noise, judge, folder / "routes.png")
        frames = [walk(rows[ROWS[-1]], judge, noise[name]) for name, rows in paths.items()]
    else:
        seen = pick("clean")
        for level in dict.fromkeys(noise.values()):
            mine = {name: rows for name, rows in seen.items() if noise[name] == level}
            strips(mine, folder / f"strips-{level:g}.png")
        frames = [rows[ROWS[-1]] for rows in seen.values()]
    film(frames, folder / "path.gif")


def main(name: str) -> None:
    spec = params.entry("paths", name)
    data, judge = load_data(spec["data"]), load_model(f"models/{spec['judge']}")
    order = [f"{noise:g}|{a} > {b}" for noise in spec["levels"] for a, b in spec["ends"]]
    journeys = {title: defaultdict(dict) for title in order}
    for key, value in load_tensors(f"samples/{name}-paths.safetensors").items():
        title, _, rest = key.rpartition("|")
        group, _, what = rest.rpartition("/")
        journeys[title][group][what] = value
    table = tabled(journeys, data, judge)
    save_table(f"metrics/paths/{name}.csv", table)
    motions = [(held["motion"]["energy"], held["motion"]["kinetic"]) for held in journeys.values()]
    save_json(f"metrics/paths/{name}.json", summed(table, motions))
    pictured(journeys, judge, Path("plots/paths", name))


if __name__ == "__main__":
    command(main)
