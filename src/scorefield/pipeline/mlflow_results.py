"""The results of a project as runs: the entries of params.yaml whose last stage dvc.lock knows."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas

from scorefield.pipeline import params
from scorefield.pipeline.catalogue import TABLES
from scorefield.pipeline.dvc_lock import Lock
from scorefield.pipeline.files import load_json
from scorefield.pipeline.mlflow_record import (
    DataInput,
    RunRecord,
    Series,
    curve_series,
    eval_series,
    eval_words,
    run_params,
)
from scorefield.pipeline.progress import entries
from scorefield.pipeline.stage_key import digest, locked

OF_MODEL = ("net", "objective", "schedule")  # which every run of a model can be found by
PLACES = {"runs": "samples", "trajectories": "trajectory", "models": "training"}  # of pictures


@dataclass(frozen=True)
class Kind:
    """What the runs of a table are: the stages that make one, and the folder of its figures."""

    name: str
    stages: tuple[str, ...]
    folder: str


RUNS = {
    "models": Kind("training", ("train",), "models"),
    "runs": Kind("evaluation", ("sample", "evaluate"), "runs"),
    "runs_with_guide": Kind("evaluation", ("sample_with_guide", "evaluate_with_guide"), "runs"),
}
STUDIES = {
    table: Kind(table, (table, f"{table}_report"), table)
    for table in TABLES
    if table != "data" and table not in RUNS
}


def results(lock: Lock) -> list[RunRecord]:
    """A record of every result that dvc.lock knows and whose figures are here."""
    return [
        record_of(lock, table, kind, name)
        for table, kind in (RUNS | STUDIES).items()
        for name in params.load().get(table) or {}
        if f"{kind.stages[-1]}@{name}" in lock["stages"]
        and Path("metrics", kind.folder, f"{name}.json").is_file()
    ]


def record_of(lock: Lock, table: str, kind: Kind, name: str) -> RunRecord:
    """One result."""
    stages = [f"{stage}@{name}" for stage in kind.stages if f"{stage}@{name}" in lock["stages"]]
    path = f"metrics/{kind.folder}/{name}.json"
    training, figures = table == "models", load_json(path)
    start, seconds = times(stages, lock)
    return RunRecord(
        stage=stages[-1],
        key=locked(lock, stages[-1]) if training else upstream(lock, stages[-1]),
        kind=kind.name,
        data=params.entry(table, name)["data"],
        params=locked_params(lock, stages, f"{table}.{name}"),
        series=(curve(name) if training else []) + eval_series(figures),
        words=eval_words(figures),
        inputs=inputs(lock, stages),
        artifacts=training_pictures(name) if training else pictures(outs(lock, stages[-1:])),
        result=path,
        start=start,
        seconds=seconds,
    )


def locked_params(lock: Lock, stages: Iterable[str], entry: str) -> dict[str, Any]:
    """The params that the stages of an entry ran with, and the methods of its model."""
    spec: dict[str, Any] = {}
    sections: dict[str, Any] = {}
    for stage in stages:
        for key, value in lock["stages"][stage].get("params", {}).get("params.yaml", {}).items():
            if key == entry:
                spec = value
            else:
                sections[key] = value
    name = spec.get("model")
    trained = lock["stages"].get(f"train@{name}", {}).get("params", {}).get("params.yaml", {})
    model = trained.get(f"models.{name}", {})
    return {key: model[key] for key in OF_MODEL if key in model} | run_params(spec, sections)


def curve(name: str) -> Series:
    """The training curve of a model."""
    path = Path("plots/models", f"{name}.csv")
    rows = pandas.read_csv(path).to_dict("records") if path.is_file() else []
    return [each for row in rows for each in curve_series({str(k): v for k, v in row.items()})]


def training_pictures(name: str) -> dict[str, Path]:
    """The pictures of a training by their place: its curve, and samples on the way."""
    found = pictures([f"plots/models/{name}.png"])
    grids = sorted(Path("models", name, "grids").glob("*.png"))
    return found | {f"plots/grids/{grid.name}": grid for grid in grids}


def pictures(paths: Iterable[str]) -> dict[str, Path]:
    """The pictures and tables among the outputs of a stage, by their place in its run; the folders
    among them by what they hold."""
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        if path.is_dir():
            held = [file for file in sorted(path.rglob("*")) if file.is_file()]
            found |= {f"{path.parts[0]}/{file.relative_to(path)}": file for file in held}
        elif path.is_file() and path.suffix != ".json":
            kind = PLACES.get(path.parent.name, path.parent.name)
            found[f"{path.parts[0]}/{kind}{path.suffix}"] = path
    return found


def outs(lock: Lock, stages: Iterable[str]) -> list[str]:
    """The outputs of stages."""
    return [out["path"] for stage in stages for out in lock["stages"][stage].get("outs", [])]


def inputs(lock: Lock, stages: Iterable[str]) -> list[DataInput]:
    """The datasets that the stages read, with the hashes of their files."""
    deps = [dep for stage in stages for dep in lock["stages"][stage].get("deps", [])]
    found = {dep["path"]: dep["md5"] for dep in deps if dep["path"].startswith("data/")}
    return [DataInput(Path(path).stem, md5, path) for path, md5 in sorted(found.items())]


def times(stages: Iterable[str], lock: Lock) -> tuple[float, float]:
    """When the stages of a run began, in seconds since the epoch, and how long they took together;
    where that was not kept, when their output was written, or now, and 0."""
    kept = [entry for stage, entry in entries().items() if stage in stages and "start" in entry]
    if kept:
        return min(each["start"] for each in kept), sum(each["seconds"] for each in kept)
    written = [Path(path).stat().st_mtime for path in outs(lock, stages) if Path(path).exists()]
    return max(written, default=time.time()), 0.0


def upstream(lock: Lock, name: str) -> str:
    """A key of a stage together with all that its inputs were made from."""
    makers = {
        out["path"]: stage for stage, spec in lock["stages"].items() for out in spec.get("outs", [])
    }
    seen, todo = {}, [name]
    while todo:
        stage = todo.pop()
        if stage not in seen:
            seen[stage] = locked(lock, stage)
            deps = [dep["path"] for dep in lock["stages"][stage].get("deps", [])]
            todo += [makers[path] for path in deps if path in makers]
    return digest(name, seen)
