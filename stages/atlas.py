"""A map as figures, tables and metrics. Usage: python stages/atlas.py NAME"""

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
from scorefield.metrics.atlas import flat, of_images, of_points
from scorefield.plots.areas import areas
from scorefield.plots.heat import COLUMNS, heat, unfolded
from scorefield.plots.unstable import unstable, way

SHOWN = {"withheld": (0, 0), "rare": (1, 0), "decoy": (0, 6)}  # regime and layout of the heat maps
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


def scores(found: dict) -> list[str]:
    return sorted(key for key in found if "." not in key and key not in ("points", "mean"))


def plane(name: str, spec: dict, found: dict, data: dict) -> tuple:
    layouts = int(data["layout"].max()) + 1
    for title, (regime, layout) in SHOWN.items():
        member = regime * layouts + layout
        maps = {key: unfolded(found[f"heat.{key}"][..., member]) for key in COLUMNS}
        special = "rare" if regime else "withheld"
        marks = {special: data["mixture.mean"][member, 0]}
        if title == "decoy":
            marks["decoy"] = data["decoy"][member]
        path = f"plots/maps/{name}/{title}.png"
        heat(
            maps, spec["levels"], found["heat.reach"].item(), data["train"][:, member], marks, path
        )
    table = of_points(found, data, spec["levels"], scores(found))
    withheld = table[table["regime"] == 0].drop(columns="regime")
    areas(withheld, KNOWN, {"model": "network", "control": "exact"}, f"plots/maps/{name}/known.png")
    return table, withheld


def digits(name: str, spec: dict, found: dict, data: dict) -> tuple:
    judge = load_model(f"models/{spec['judge']}").to(device())
    table = of_images(found, data, spec["levels"], scores(found), judge)
    for i, level in enumerate(spec["levels"]):
        title = f"posterior variance at sigma / alpha = {level:g}"
        path = f"plots/maps/{name}/unstable-{level:g}.png"
        unstable(found["points"], found["trace"][0, i], title, path)
    way(*(found[f"path.{key}"] for key in ("x", "mean", "variance")), f"plots/maps/{name}/way.png")
    roles = {role: spec[role] for role in ("model", "control")}
    shown = {key: title for key, title in LOOKS.items() if key in set(table["figure"])}
    areas(table, shown, roles, f"plots/maps/{name}/known.png")
    return table, table


def main(name: str) -> None:
    spec, data = params.entry("maps", name), load_data(params.entry("maps", name)["data"])
    found = load_tensors(f"samples/{name}-map.safetensors")
    whole, shown = (plane if "layout" in data else digits)(name, spec, found, data)
    save_json(f"metrics/maps/{name}.json", flat(shown))
    save_table(f"metrics/maps/{name}.csv", whole)


if __name__ == "__main__":
    command(main)
