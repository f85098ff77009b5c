"""Train one model, or go on with it. Usage: python stages/train.py NAME"""

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pandas

from scorefield.core import params
from scorefield.core.files import build, command, load_data, save_json, save_model, save_table
from scorefield.core.hardware import device
from scorefield.lab.identity import clear, running, scratch
from scorefield.lab.tracking import live
from scorefield.lab.training import seed_step, train
from scorefield.lab.watching import watch


def described(spec: dict, numbers: dict, objective: partial, data: dict) -> dict[str, Any]:
    """All that rebuilds the model."""
    shapes = {key: list(value.shape) for key, value in data.items()}
    if getattr(params.module("objectives", spec["objective"]), "DRAWS", False):
        shapes["xi"] = shapes["train"]
    return {
        "net": spec["net"],
        "numbers": numbers,
        "shapes": shapes,
        "schedule": spec["schedule"],
        "predict": objective.keywords.get("predict", "x0"),
        "objective": spec["objective"],
    }


def main(name: str) -> None:
    spec, key = params.entry("models", name), running(f"train@{name}")
    folder, out, seed = scratch(key), Path("models", name), spec["seed"]
    net, numbers = params.method("nets", spec["net"], spec), params.section(spec["net"], spec)
    objective = params.method("objectives", spec["objective"], spec)
    nothing, module = lambda *_: {}, params.module("objectives", spec["objective"])
    probe, diagnose = (getattr(module, key, nothing) for key in ("probe", "diagnose"))
    data = {k: v.to(device()) for k, v in load_data(spec["data"]).items()}
    config = described(spec, net.keywords, objective, data)
    seed_step(seed, -1)
    model = build(config).to(device())
    if hasattr(model.net, "begin"):
        model.net.begin(data)
    budget = {k: v for k, v in numbers.items() if k not in net.keywords}
    pictured = "predict" in objective.keywords and len(model.shape) == 3
    with live(f"train@{name}", key, spec | {spec["net"]: numbers}) as log:
        for state, row in train(model, objective, data, folder, seed, **budget):
            seed_step(seed, -2)
            row.update(probe(state.average, data))
            log(row["step"], {k: v for k, v in row.items() if k != "step"})
            if pictured:
                watch(state.average, folder / "grids", row["step"])
    seed_step(seed, -2)
    save_json(out / "figures.json", state.figures() | diagnose(state.average, data))
    save_model(out, config, state.average)
    save_model(out / "best", config, state.best)
    save_table(out / "curve.csv", pandas.DataFrame(state.progress.curve))
    if pictured:
        shutil.copytree(folder / "grids", out / "grids", dirs_exist_ok=True)
    clear(folder)


if __name__ == "__main__":
    command(main)
