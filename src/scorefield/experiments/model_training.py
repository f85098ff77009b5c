"""Training one entry of `models`: from its data to models/<name>."""

import shutil
from pathlib import Path

import pandas

from scorefield.core.hardware import device
from scorefield.core.network import hooks
from scorefield.core.registry import hook, keywords
from scorefield.experiments.models import untrained_model
from scorefield.experiments.previews import preview
from scorefield.experiments.training import seed_step, train
from scorefield.pipeline import params, ranks
from scorefield.pipeline.files import load_data, save_json, save_model, save_table
from scorefield.pipeline.mlflow_live import live
from scorefield.pipeline.mlflow_record import training_record


def train_model(name: str, key: str, folder: Path) -> None:
    """Train an entry, live in MLflow under `key`, and write models/<name>; unfinished work is kept
    in `folder`."""
    spec, out = params.entry("models", name), Path("models", name)
    seed = spec["seed"]
    numbers = params.section(spec["net"], spec)
    objective = params.method("objectives", spec["objective"], spec)
    probe, diagnose = (hook("objectives", spec["objective"], key) for key in ("probe", "diagnose"))
    data = {k: v.to(device()) for k, v in load_data(spec["data"]).items()}
    seed_step(seed, -1)
    model, config = untrained_model(spec, data)
    model = model.to(device())
    hooks(model.net).begin(data)
    budget = {k: v for k, v in numbers.items() if k not in config["numbers"]}
    if "optimiser" in budget:
        budget["optimiser"] = params.method("optimisers", budget["optimiser"], spec)
    pictured = "predict" in keywords(objective.func) and len(model.shape) == 3
    with live(training_record(name, key), budget["steps"]) as run:
        for state, row in train(model, objective, data, folder, seed, **budget):
            if ranks.rank() > 0:
                continue
            seed_step(seed, -2)
            row.update(probe(state.average, data) if probe else {})
            run.log(row, state.losses)
            if pictured:
                run.picture(preview(state.average, folder / "grids", int(row["step"])))
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
