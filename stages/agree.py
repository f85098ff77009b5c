"""How well samples match, as figures, table and metrics. Usage: python stages/agree.py NAME"""

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
from scorefield.metrics.agreement import of_images, of_plane
from scorefield.metrics.shares import classes
from scorefield.plots.couples import couples
from scorefield.plots.matched import matched
from scorefield.plots.strength import strength

PICTURED = ("drawn", "joint")


def main(name: str) -> None:
    spec, data = params.entry("matches", name), load_data(params.entry("matches", name)["data"])
    stored = load_tensors(f"samples/{name}-match.safetensors")
    judge = load_model(f"models/{spec['judge']}").to(device())
    source, given = stored.pop("source"), stored.pop("y")
    rows, shown = [], {}
    for cell in dict.fromkeys(key.rpartition("/")[0] for key in stored):
        way, _, scale = cell.partition("/")
        x, y = stored[f"{cell}/samples"], stored.get(f"{cell}/y", given)
        row = {"way": way, "scale": float(scale), "nfe": int(stored[f"{cell}/nfe"])}
        if x.ndim == 2:
            figures = of_plane(x, y, data)
        else:
            upright = y.rot90(int(data["pair_turns"]), (2, 3))
            due = data["test_labels"][source] if way == "given" else classes(upright, judge)
            figures = of_images(x, due, data, judge)
        rows.append(row | figures)
        shown |= {way: (y, x)} if way in PICTURED else {}
    table = pandas.DataFrame(rows).sort_values(["way", "scale"])
    save_table(f"metrics/matches/{name}.csv", table)
    labels = table["way"] + "_" + table["scale"].map("{:g}".format)
    figures = table.drop(columns=["way", "scale"]).assign(label=labels).set_index("label")
    save_json(
        f"metrics/matches/{name}.json",
        {f"{label}_{key}": float(v) for label, row in figures.iterrows() for key, v in row.items()},
    )
    strength(table, f"plots/matches/{name}/strength.png")
    (couples if "joint.mean" in data else matched)(shown, f"plots/matches/{name}/together.png")


if __name__ == "__main__":
    command(main)
