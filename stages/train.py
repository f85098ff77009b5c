"""Train one model, or go on with it. Usage: python stages/train.py NAME"""

import shutil
from pathlib import Path

import pandas

from scorefield.core import params
from scorefield.core.files import build, command, load_data, save_json, save_model, save_table
from scorefield.core.hardware import device
from scorefield.lab.identity import clear, running, scratch
from scorefield.lab.tracking import live
from scorefield.lab.training import seed_step, train
from scorefield.lab.watching import watch


def main(name: str) -> None:
    spec, key = params.entry("models", name), running(f"train@{name}")
    folder, out = scratch(key), Path("models", name)
    net = params.method("nets", spec["net"], spec).keywords
    objective = params.method("objectives", spec["objective"], spec)
    data = {k: v.to(device()) for k, v in load_data(spec["data"]).items()}
    config = {
        "net": spec["net"],
        "numbers": net,
        "shapes": {k: list(v.shape) for k, v in data.items()},
        "schedule": spec["schedule"],
        "predict": objective.keywords.get("predict", "x0"),
        "objective": spec["objective"],
    }
    seed_step(spec["seed"], -1)
    model = build(config).to(device())
    if hasattr(model.net, "begin"):
        model.net.begin(data)
    numbers = params.section(spec["net"], spec)
    budget = {k: v for k, v in numbers.items() if k not in net}
    pictured = "predict" in objective.keywords and len(model.shape) == 3
    with live(f"train@{name}", key, spec | {spec["net"]: numbers}) as log:
        for state, row in train(model, objective, data, folder, spec["seed"], **budget):
            log(row["step"], {k: v for k, v in row.items() if k != "step"})
            if pictured:
                watch(state.average, folder / "grids", row["step"])
    diagnose = getattr(params.module("objectives", spec["objective"]), "diagnose", lambda *_: {})
    save_model(out, config, state.average)
    save_model(out / "best", config, state.best)
    save_json(out / "figures.json", state.figures() | diagnose(state.average, data))
    save_table(out / "curve.csv", pandas.DataFrame(state.progress.curve))
    if pictured:
        shutil.copytree(folder / "grids", out / "grids", dirs_exist_ok=True)
    clear(folder)


if __name__ == "__main__":
    command(main)
