"""The mirror: every result that MLflow lacks becomes a run, and live runs get what they lack."""

import time
from collections.abc import Sequence
from typing import Any

from scorefield.pipeline import database
from scorefield.pipeline.commits import head, result_commits
from scorefield.pipeline.database import Patience
from scorefield.pipeline.mlflow_record import RunRecord, commit_tags
from scorefield.pipeline.mlflow_store import RunStore
from scorefield.pipeline.stage_key import root
from scorefield.pipeline.tracking import tracked, wait_for_writers

COMPLETE = {"mirrored": "yes"}  # the tag of a run that lacks nothing


def mirror(records: Sequence[RunRecord]) -> int:
    """See that each result has one run with all of it; returns how many had none.

    A run that was cut short is replaced, one that was live is completed, and one whose result has
    been committed since gets that commit. Of several processes one writes at a time. Raises
    NotTracked where MLflow does not answer.
    """
    patience, new = Patience(), 0
    with tracked():
        store = RunStore(patience)
        known = store.by_key()
        todo = [record for record in records if not is_final(known.get(record.key))]
        commits = result_commits([record.result for record in todo if record.result])
        for record in todo:
            commit = commits.get(record.result, "")
            if is_complete(known.get(record.key)) and not commit:
                continue
            with database.held(root() / "mlflow.db.mirror", patience):
                wait_for_writers(patience)
                new += write_result(store, record, commit)
        extend_parents(store, [record for record in todo if not is_complete(known.get(record.key))])
    return new


def is_complete(run: Any) -> bool:
    """Whether a run has ended and lacks nothing."""
    return bool(run) and run.info.status == "FINISHED" and COMPLETE.items() <= run.data.tags.items()


def is_final(run: Any) -> bool:
    """Whether nothing about a run can change: it is complete, and the result is in a commit."""
    return is_complete(run) and run.data.tags.get("committed", "yes") == "yes"


def write_result(store: RunStore, record: RunRecord, commit: str) -> bool:
    """Write what MLflow lacks of a result; returns whether that was the whole run. `commit` is that
    of the result, empty where it is in none."""
    found = store.find(record.key)
    if found and found.info.status == "FINISHED":
        add_missing(store, found, record, commit)
        return False
    if found:
        store.client.delete_run(found.info.run_id)
    marks = commit_tags(commit or head(), bool(commit)) | COMPLETE
    run = store.begin(record, marks)
    store.log(run, record.series, record.params, at=end_of(record))
    store.log_inputs(run, record.inputs, record.kind)
    store.log_artifacts(run, record.artifacts)
    store.end(run, "FINISHED", end_of(record))
    return True


def end_of(record: RunRecord) -> float:
    """When the stages of a run ended, in seconds since the epoch."""
    return (time.time() if record.start is None else record.start) + record.seconds


def add_missing(store: RunStore, found: Any, record: RunRecord, commit: str) -> None:
    """Add what a run that has ended lacks of its result, and last the tag that it is complete."""
    run, known = found.info.run_id, found.data
    new_commit = commit_tags(commit, True) if known.tags.get("committed") != "yes" else {}
    if not is_complete(found):
        missing = [
            (step, {key: value for key, value in row.items() if key not in known.metrics})
            for step, row in record.series
        ]
        given = {key: value for key, value in record.params.items() if key not in known.params}
        store.log(run, missing, given, record.words, at=found.info.end_time / 1000)
        store.log_inputs(run, record.inputs, record.kind)
        store.log_artifacts(run, record.artifacts)
    store.log(run, tags=new_commit | COMPLETE)


def extend_parents(store: RunStore, written: Sequence[RunRecord]) -> None:
    """Let the run of a dataset last until the last of the runs below it has ended."""
    for data in {record.data for record in written}:
        if parent := store.find(f"data/{data}"):
            ends = [end_of(record) for record in written if record.data == data]
            last = max([*ends, (parent.info.end_time or 0) / 1000])
            store.end(parent.info.run_id, "FINISHED", last)
