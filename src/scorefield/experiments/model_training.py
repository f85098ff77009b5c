"""Training one entry of `models`: from its data to models/<name>."""

import shutil
from pathlib import Path
from typing import Any

import pandas

from scorefield.core.registry import hook, keywords, with_knobs
from scorefield.experiments.models import begun, final_figures
from scorefield.experiments.previews import preview
from scorefield.experiments.training import seed_step, train
from scorefield.experiments.watch import watch
from scorefield.pipeline import params, ranks
from scorefield.pipeline.files import load_data, load_json, save_json, save_model, save_table
from scorefield.pipeline.kept_weights import SNAPSHOTS
from scorefield.pipeline.mlflow_live import live
from scorefield.pipeline.mlflow_record import training_record


def train_model(name: str, key: str, folder: Path) -> None:
    """Train an entry, live in MLflow under `key`, and write models/<name>; unfinished work is kept
    in `folder`."""
    spec, out = params.entry("models", name), Path("models", name)
    shipped = params.shipped(spec)
    if shipped and params.section(spec["net"], spec)["steps"] == 0:
        copy_shipped(spec, shipped, out)
        return
    seed = spec["seed"]
    objective = params.method("objectives", spec["objective"], spec)
    probe = hook("objectives", spec["objective"], "probe")
    start = begun(spec, load_data(spec["data"]))
    model, data = start.model, start.data
    pictured = "predict" in keywords(objective.func) and len(model.shape) == 3
    seen = with_knobs(watch, params.section("watch", spec))(data, folder / "grids")
    with live(training_record(name, key), start.budget["steps"]) as run:
        for state, row in train(model, objective, data, folder, seed, watch=seen, **start.budget):
            if ranks.rank() > 0:
                continue
            seed_step(seed, -2)
            row.update(probe(state.average, data) if probe else {})
            run.log(row, state.series)
            if pictured and not seen:
                preview(state.average, folder / "grids", int(row["step"]))
            if (picture := folder / "grids" / f"{int(row['step']):06}.png").exists():
                run.picture(picture)
    if ranks.rank() > 0:
        return
    save_json(out / "figures.json", final_figures(spec, state, data))
    save_model(out, start.config, state.average)
    save_model(out / "best", start.config, state.best)
    save_table(out / "curve.csv", pandas.DataFrame(state.progress.curve))
    for kept in ("grids", SNAPSHOTS):
        if (folder / kept).exists():
            shutil.copytree(folder / kept, out / kept, dirs_exist_ok=True)


def copy_shipped(spec: dict[str, Any], folder: Path, out: Path) -> None:
    """Write a model that comes with the project, with the curve and the figures of its training.
    Nothing is computed, so these are the same bytes on every machine, and so is what DVC knows of
    the inputs of the stages that use the model."""
    if ranks.rank() > 0:
        return
    start = begun(spec, load_data(spec["data"]))
    model = start.model.eval().requires_grad_(False)
    save_json(out / "figures.json", load_json(folder / "card.json")["training"])
    for place in (out, out / "best"):
        save_model(place, start.config, model)
    shutil.copyfile(folder / "curve.csv", out / "curve.csv")
