"""Train one model, or go on with it, alone or under torchrun. Usage: python stages/train.py NAME"""

import shutil
from pathlib import Path

import pandas

from scorefield.core import params, ranks
from scorefield.core.files import command, load_data, save_json, save_model, save_table
from scorefield.core.hardware import device
from scorefield.core.network import hooks
from scorefield.core.registry import hook, keywords
from scorefield.lab.identity import running, scratch
from scorefield.lab.tracking import live
from scorefield.lab.training import seed_step, train
from scorefield.lab.untrained import untrained
from scorefield.lab.watching import watch


def main(name: str) -> None:
    key = running(f"train@{name}")
    with scratch(key) as folder:
        fit(name, key, folder)


def fit(name: str, key: str, folder: Path) -> None:
    spec, out = params.entry("models", name), Path("models", name)
    seed = spec["seed"]
    numbers = params.section(spec["net"], spec)
    objective = params.method("objectives", spec["objective"], spec)
    probe, diagnose = (hook("objectives", spec["objective"], key) for key in ("probe", "diagnose"))
    data = {k: v.to(device()) for k, v in load_data(spec["data"]).items()}
    seed_step(seed, -1)
    model, config = untrained(spec, data)
    model = model.to(device())
    hooks(model.net).begin(data)
    budget = {k: v for k, v in numbers.items() if k not in config["numbers"]}
    pictured = "predict" in keywords(objective.func) and len(model.shape) == 3
    with live(f"train@{name}", key, spec | {spec["net"]: numbers}, budget["steps"]) as log:
        for state, row in train(model, objective, data, folder, seed, **budget):
            if ranks.rank() > 0:
                continue
            seed_step(seed, -2)
            row.update(probe(state.average, data) if probe else {})
            log(row["step"], {k: v for k, v in row.items() if k != "step"})
            if pictured:
                watch(state.average, folder / "grids", row["step"])
    if ranks.rank() > 0:
        return
    seed_step(seed, -2)
    more = diagnose(state.average, data) if diagnose else {}
    save_json(out / "figures.json", state.figures() | more)
    save_model(out, config, state.average)
    save_model(out / "best", config, state.best)
    save_table(out / "curve.csv", pandas.DataFrame(state.progress.curve))
    if pictured:
        shutil.copytree(folder / "grids", out / "grids", dirs_exist_ok=True)


if __name__ == "__main__":
    command(main)
