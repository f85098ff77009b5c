"""Our experiment in MLflow, read and written by its client in few calls, all of which may be
repeated."""

import json
import os
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scorefield.pipeline.database import Patience
from scorefield.pipeline.mlflow_record import DataInput, RunRecord, Series, run_tags
from scorefield.pipeline.tracking import EXPERIMENT, connect

METRICS, OTHERS, PAGE = 800, 100, 1000  # what MLflow takes and gives in a call


@cache
def context() -> dict[str, str]:
    """The tags of every run that this process writes: the user, and DVC's experiment."""
    from mlflow.tracking.context.registry import resolve_tags

    experiment = os.environ.get("DVC_EXP_NAME", "")
    found: dict[str, str] = resolve_tags({"dvc.exp": experiment} if experiment else {})
    return found


class RunStore:
    """The runs of the experiment; every one bears the key of its work as the tag `dvc.key`.

    Raises NotTracked where MLflow does not answer; later errors are those of MLflow."""

    def __init__(self, patience: Patience) -> None:
        self.client = connect(patience).MlflowClient()
        self.experiment = self.client.get_experiment_by_name(EXPERIMENT).experiment_id
        self.parents: dict[str, str] = {}

    def by_key(self, key: str = "") -> dict[str, Any]:
        """All runs by their keys, or only the one of that key."""
        query: dict[str, Any] = {"max_results": PAGE}
        if key:
            query["filter_string"] = f"tags.`dvc.key` = '{key}'"
        page = self.client.search_runs([self.experiment], **query)
        found = [*page]
        while page.token:
            page = self.client.search_runs([self.experiment], page_token=page.token, **query)
            found += page
        return {run.data.tags["dvc.key"]: run for run in found if "dvc.key" in run.data.tags}

    def find(self, key: str) -> Any:
        """The run of a key, or None."""
        return self.by_key(key).get(key)

    def create(self, name: str, tags: Mapping[str, str], start: float) -> str:
        """The id of a new run that begins at `start`, in seconds since the epoch."""
        given = {**context(), **tags}
        made = self.client.create_run(self.experiment, int(start * 1000), given, name)
        return str(made.info.run_id)

    def parent(self, data: str, start: float) -> str:
        """The id of the run that the runs on a dataset stand below, made where there is none."""
        if data not in self.parents:
            key = f"data/{data}"
            found = self.find(key)
            self.parents[data] = found.info.run_id if found else self._new_parent(data, key, start)
        return self.parents[data]

    def _new_parent(self, data: str, key: str, start: float) -> str:
        tags = {
            "kind": "dataset",
            "stage": f"prepare@{data}",
            "data": data,
            "dvc.key": key,
            "mlflow.source.name": f"dvc repro prepare@{data}",
            "mlflow.note.content": f"All runs on the dataset `{data}`.",
        }
        run = self.create(data, tags, start)
        self.end(run, "FINISHED", start)
        return run

    def begin(self, record: RunRecord, more: Mapping[str, str]) -> str:
        """The id of a new run of a record, with its tags and `more`, below that of its dataset."""
        start = time.time() if record.start is None else record.start
        below = {"mlflow.parentRunId": self.parent(record.data, start)}
        return self.create(record.stage, {**run_tags(record), **below, **more}, start)

    def log(
        self,
        run: str,
        series: Series | None = None,
        given: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        at: float | None = None,
    ) -> None:
        """Metrics of the moment `at` (seconds since the epoch; None: now), params and tags."""
        from mlflow.entities import Metric, Param, RunTag

        moment = int((time.time() if at is None else at) * 1000)
        metrics = [Metric(k, v, moment, step) for step, row in series or [] for k, v in row.items()]
        params = [Param(key, str(value)) for key, value in (given or {}).items()]
        marks = [RunTag(key, value) for key, value in (tags or {}).items()]
        while metrics or params or marks:
            self.client.log_batch(run, metrics[:METRICS], params[:OTHERS], marks[:OTHERS])
            metrics, params, marks = metrics[METRICS:], params[OTHERS:], marks[OTHERS:]

    def log_inputs(self, run: str, inputs: list[DataInput], purpose: str) -> None:
        """The datasets that a run reads, and what for."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        tag, given = InputTag("mlflow.data.context", purpose), []
        for each in inputs:
            source = json.dumps({"uri": each.path})
            given.append(DatasetInput(Dataset(each.name, each.digest, "local", source), [tag]))
        if given:
            self.client.log_inputs(run, given)

    def log_artifacts(self, run: str, files: Mapping[str, Path]) -> None:
        """Files by their place among the artifacts of a run, in one call."""
        if not files:
            return
        with TemporaryDirectory() as folder:
            for place, file in files.items():
                link = Path(folder, place)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(file.absolute())
            self.client.log_artifacts(run, folder)

    def end(self, run: str, how: str, at: float | None = None) -> None:
        """Say that a run has ended, at a moment in seconds since the epoch (None: now)."""
        self.client.set_terminated(run, how, int((time.time() if at is None else at) * 1000))
