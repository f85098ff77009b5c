"""A repository with an MLflow of its own, for tests of what is written there."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from scorefield.lab.tracking import Finished, connect, live

RUN = Finished("evaluate@a", "k1", {"x": {"y": 1}}, [(0, {"fid": 2.0})], [])


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


def curve(steps: Sequence[int] = (1, 2)) -> None:
    """A training that is watched, to its end."""
    with live("train@b", "k3", {"lr": 0.1}, steps=len(steps)) as tell:
        for step in steps:
            tell(step, {"loss": 1.0 / step})


def lines(capfd: pytest.CaptureFixture[str]) -> list[str]:
    """All that has been printed, by MLflow and its logs too."""
    return "".join(capfd.readouterr()).splitlines()


def logged() -> dict[str, dict[str, float]]:
    """The last figures of each run by its key."""
    found = connect().search_runs(output_format="list")
    return {run.data.tags["dvc.key"]: run.data.metrics for run in found}
