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
    numbers = params.section(spec["net"], spec)
    objective = params.method("objectives", spec["objective"], spec)
    data = {k: v.to(device()) for k, v in load_data(spec["data"]).items()}
    own = params.method("nets", spec["net"], spec).keywords
    config = {
        "net": spec["net"],
        "numbers": own,
        "shapes": {k: list(v.shape) for k, v in data.items()},
        "schedule": spec["schedule"],
        "predict": params.section(spec["objective"], spec).get("predict", "x0"),
        "objective": spec["objective"],
    }
    seed_step(spec["seed"], -1)
    model = build(config)
    if hasattr(model.net, "begin"):
        model.net.begin({k: v.cpu() for k, v in data.items()})
    model.to(device())
    folder, out = scratch(key), Path("models", name)
    given = {"lr": 0.0, **{k: v for k, v in numbers.items() if k not in own}}
    with live(f"train@{name}", key, spec | {spec["net"]: numbers}) as log:
        for state, row in train(model, objective, data, folder, spec["seed"], **given):
            log(row["step"], {k: v for k, v in row.items() if k != "step"})
            watch(state.average, spec["objective"], config["shapes"], folder / "grids", row["step"])
    progress = state.progress
    diagnose = getattr(params.module("objectives", spec["objective"]), "diagnose", None)
    figures = {} if diagnose is None else diagnose(state.average, data)
    figures |= {
        "validation_loss": progress.curve[-1]["validation_loss"],
        "best_validation_loss": progress.best,
        "best_step": progress.best_step,
        "steps": progress.step,
        "parameters": sum(p.numel() for p in model.parameters()),
    }
    save_model(out, config, state.average)
    save_model(out / "best", config, state.best)
    save_json(out / "figures.json", figures)
    save_table(out / "curve.csv", pandas.DataFrame(progress.curve))
    if (folder / "grids").exists():
        shutil.copytree(folder / "grids", out / "grids", dirs_exist_ok=True)
    clear(folder)


if __name__ == "__main__":
    command(main)
