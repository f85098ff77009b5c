"""A repository with an MLflow of its own, for tests of what is written there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scorefield.pipeline.mlflow_live import live
from scorefield.pipeline.mlflow_record import RunRecord, curve_series
from scorefield.pipeline.tracking import connect

RUN = RunRecord("evaluate@a", "k1", "evaluation", "d", {"x.y": 1}, [(0, {"eval/fid": 2.0})])


def repository(place: Path, patch: pytest.MonkeyPatch) -> Path:
    """A folder that is taken for the repository, without a database."""
    patch.setenv("DVC_ROOT", str(place))
    patch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return place


def new_database(place: Path) -> Path:
    """A new database, to be copied: it takes a second or more to make one."""
    with pytest.MonkeyPatch.context() as patch:
        repository(place, patch)
        connect()
    return place / "mlflow.db"


def training(steps: Sequence[int] = (), artifacts: Mapping[str, Path] | None = None) -> RunRecord:
    """A training, with its curve at those steps and files by their place in its run."""
    series = [each for step in steps for each in curve_series(row(step))]
    run = RunRecord("train@b", "k3", "training", "d", {"mlp.lr": 0.1}, series)
    return replace(run, artifacts=dict(artifacts or {}))


def row(step: int) -> dict[str, float]:
    """A row of a training curve."""
    return {"step": step, "loss": 1.0 / step, "validation_loss": 2.0 / step, "lr": 0.1}


def curve(steps: Sequence[int] = (1, 2)) -> None:
    """A training that is watched, to its end."""
    with live(training(), steps=len(steps)) as run:
        for step in steps:
            run.log(row(step))


def lines(capfd: pytest.CaptureFixture[str]) -> list[str]:
    """All that has been printed, by MLflow and its logs too."""
    return "".join(capfd.readouterr()).splitlines()


def runs() -> dict[str, Any]:
    """The runs by their keys, without those of datasets."""
    found = connect().search_runs(output_format="list")
    return {r.data.tags["dvc.key"]: r for r in found if r.data.tags["kind"] != "dataset"}


def logged(name: str = "epoch/loss") -> dict[str, float]:
    """The last value of a metric in each run that has it, by its key."""
    return {k: run.data.metrics[name] for k, run in runs().items() if name in run.data.metrics}


def history(key: str, name: str) -> list[tuple[int, float]]:
    """All steps and values of a metric of a run."""
    run = runs()[key].info.run_id
    found = connect().MlflowClient().get_metric_history(run, name)
    return [(each.step, each.value) for each in found]
