"""MLflow's model registry: the best ranked model of every dataset, under the alias `best`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas

from scorefield.pipeline import database, params
from scorefield.pipeline.database import Patience
from scorefield.pipeline.files import WEIGHTS
from scorefield.pipeline.mlflow_store import RunStore
from scorefield.pipeline.stage_key import locked, root
from scorefield.pipeline.tracking import EXPERIMENT, tracked, wait_for_writers

ALIAS = "best"
FILES = ("config.json", WEIGHTS)


@dataclass(frozen=True)
class BestModel:
    """The model of the first run of a dataset's leaderboard, and the key of its training."""

    data: str
    run: str
    model: str
    key: str
    fid: float


def best_models(lock: dict[str, Any], path: str = "metrics/leaderboard.csv") -> list[BestModel]:
    """The best ranked model of every dataset; none of a run whose networks nobody knows, nor
    without a leaderboard."""
    if not Path(path).is_file():
        return []
    table = pandas.read_csv(path)
    first = table[(table["rank"] == 1) & table["parameters"].notna()].groupby("data").head(1)
    found = []
    for data, run, fid in zip(first["data"], first["run"], first["fid"], strict=True):
        model = params.run(run)["model"]
        if f"train@{model}" in lock["stages"]:
            found.append(BestModel(data, run, model, locked(lock, f"train@{model}"), float(fid)))
    return found


def register(best: Sequence[BestModel]) -> int:
    """See that the alias `best` of the registered model of every dataset points at its best model,
    an artifact of the run that trained it; returns how many versions are new. Raises NotTracked
    where MLflow does not answer."""
    patience, new = Patience(), 0
    with tracked():
        store = RunStore(patience)
        for each in best:
            with database.held(root() / "mlflow.db.mirror", patience):
                wait_for_writers(patience)
                new += register_model(store, each)
    return new


def register_model(store: RunStore, best: BestModel) -> bool:
    """Whether the best model of a dataset had no version yet, and has one now; not without the run
    or the files of its training."""
    name, folder = f"{EXPERIMENT}-{best.data}", Path("models", best.model)
    client, trained = store.client, store.find(best.key)
    if not trained or not all((folder / file).is_file() for file in FILES):
        return False
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name, description=f"The best models of `{best.data}`")
    marks = {"dvc.key": best.key, "run": best.run}
    versions = client.search_model_versions(f"name = '{name}'")
    known = [each.version for each in versions if marks.items() <= each.tags.items()]
    version = [*known, ""][0] or new_version(store, name, best, trained.info.run_id, marks)
    if client.get_registered_model(name).aliases.get(ALIAS) != version:
        client.set_registered_model_alias(name, ALIAS, version)
    return not known


def new_version(
    store: RunStore, name: str, best: BestModel, run: str, marks: dict[str, str]
) -> str:
    """The number of a new version, whose files are the artifact `model` of the training."""
    folder = Path("models", best.model)
    store.log_artifacts(run, {f"model/{file}": folder / file for file in FILES})
    note = f"`{best.model}`, first on the leaderboard by the run `{best.run}`: FID {best.fid:.4g}"
    source = f"runs:/{run}/model"
    made = store.client.create_model_version(name, source, run, marks, description=note)
    return str(made.version)
