"""Stages that compute with shipped models or exact laws alone, and with nothing that is trained
here. Their results come with the project, so `make repro` leaves them out, unless somebody edited
what they depend on."""

from pathlib import Path
from typing import Any

from scorefield.pipeline.outputs import stages
from scorefield.pipeline.params import read, shipped

ALWAYS = ("data", "models")  # tables whose stages all others need
EXACT = ("exact", "ratio_exact")  # networks that are never trained


def shipped_stages() -> set[str]:
    """The stages of the entries all of whose models, other than to score, are shipped or exact.
    None where there is no params.yaml."""
    params = read("params.yaml") if Path("params.yaml").exists() else {}
    models = params.get("models") or {}
    given = {name for name, own in models.items() if shipped(own) or own.get("net") in EXACT}
    found = set()
    for stage, spec in stages("dvc.yaml").items():
        table = str(spec.get("foreach", "")).strip("${}")
        for name, entry in (params.get(table) or {}).items():
            used = models_of(entry, {*models})
            if table not in ALWAYS and used and used <= given:
                found.add(f"{stage}@{name}")
    return found


def models_of(entry: Any, models: set[str]) -> set[str]:
    """The names of models in an entry, at any depth, but that of its evaluator."""
    if isinstance(entry, dict):
        entry = [value for key, value in entry.items() if key != "evaluator"]
    if isinstance(entry, list):
        return {name for each in entry for name in models_of(each, models)}
    return {entry} & models if isinstance(entry, str) else set()


def edited(changes: list[Any]) -> bool:
    """Whether more than data that are not on this machine keeps a stage from being up to date;
    `changes` are what `dvc status` has of it."""
    missing = {"changed deps": "deleted", "changed outs": "not in cache"}
    return any(
        not isinstance(change, dict)
        or any(what != missing.get(kind) for kind in change for what in change[kind].values())
        for change in changes
    )
