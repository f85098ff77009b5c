"""A run in MLflow that is told of a training while it goes on."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from scorefield.pipeline import database, ranks
from scorefield.pipeline.commits import head
from scorefield.pipeline.database import Patience
from scorefield.pipeline.mlflow_record import RunRecord, commit_tags, curve_series
from scorefield.pipeline.mlflow_store import RunStore
from scorefield.pipeline.sandbox import MARK
from scorefield.pipeline.stage_key import root
from scorefield.pipeline.tracking import NotTracked, tracked, wait_for_writers

GRIDS = "plots/grids"  # where the pictures of a training stand among the artifacts


class LiveRun:
    """A run that takes rows of a training curve and pictures. Where MLflow fails it prints one line
    and takes nothing more."""

    def __init__(self, record: RunRecord, active: bool) -> None:
        self.record, self.active = record, active
        self.patience, self.last_step = Patience(), -1
        self.store: Any = None
        self.run = ""

    def log(self, row: Mapping[str, float], steps: Sequence[Mapping[str, float]] = ()) -> None:
        """A row of the curve with its `step`, and the series of the single steps since the last."""
        series = [each for each in curve_series(row, steps) if each[0] > self.last_step]
        self._attempt(lambda: self.store.log(self.run, series))

    def picture(self, path: Path) -> None:
        """A picture of samples on the way."""
        self._attempt(lambda: self.store.client.log_artifact(self.run, str(path), GRIDS))

    def open(self) -> None:
        """Find the run of this work, or begin it. One that has ended is left as it is."""
        self._attempt(self._find)

    def end(self, how: str) -> None:
        """Say how the stage has ended: FINISHED or FAILED."""
        self._attempt(lambda: self.store.end(self.run, how))

    def _find(self) -> None:
        self.store = RunStore(self.patience)
        with database.held(root() / "mlflow.db.mirror", self.patience):
            found = self.store.find(self.record.key)
            if not found:
                self.run = self.store.begin(self.record, commit_tags(head(), False))
                self.store.log(self.run, given=self.record.params)
                return
        self.run = found.info.run_id
        self.active = found.info.status != "FINISHED"
        if self.active:
            history = self.store.client.get_metric_history(self.run, "train/loss")
            self.last_step = max((each.step for each in history), default=-1)
            self.store.client.update_run(self.run, status="RUNNING")

    def _attempt(self, call: Callable[[], Any]) -> None:
        if not self.active:
            return
        try:
            with tracked():
                if self.run:
                    wait_for_writers(self.patience)
                call()
        except NotTracked as error:
            self.active = False
            tqdm.write(
                f"no live curves: {error}; `python stages/mlflow_runs.py` adds them at the end"
            )


@contextmanager
def live(record: RunRecord, steps: int) -> Iterator[LiveRun]:
    """A run of the record while a stage computes; a resumed stage goes on in it.

    It takes nothing but on rank 0, nor in a sandbox, nor where there are no steps to watch. The
    stage goes on where MLflow does not answer, with a line: the mirror adds afterwards what is
    missing.
    """
    watched = ranks.rank() == 0 and steps > 0 and MARK not in os.environ
    run = LiveRun(record, active=watched)
    run.open()
    try:
        yield run
    except BaseException:
        run.end("FAILED")
        raise
    run.end("FINISHED")
