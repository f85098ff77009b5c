"""Stages that compute with shipped models. Their results come with the project, so `make repro`
leaves them out, unless somebody edited what they depend on."""

from pathlib import Path
from typing import Any

from scorefield.pipeline.outputs import stages
from scorefield.pipeline.params import read, shipped

ALWAYS = ("data", "models")  # tables whose stages all others need


def shipped_stages() -> set[str]:
    """The stages of the entries that use a shipped model, other than to score. None where there is
    no params.yaml."""
    params = read("params.yaml") if Path("params.yaml").exists() else {}
    models = [name for name, entry in (params.get("models") or {}).items() if shipped(entry)]
    found = set()
    for stage, spec in stages("dvc.yaml").items():
        table = str(spec.get("foreach", "")).strip("${}")
        for name, entry in (params.get(table) or {}).items():
            used = [model for role, model in entry.items() if role != "evaluator"]
            if table not in ALWAYS and any(model in used for model in models):
                found.add(f"{stage}@{name}")
    return found


def edited(changes: list[Any]) -> bool:
    """Whether more than data that are not on this machine keeps a stage from being up to date;
    `changes` are what `dvc status` has of it."""
    missing = {"changed deps": "deleted", "changed outs": "not in cache"}
    return any(
        not isinstance(change, dict)
        or any(what != missing.get(kind) for kind in change for what in change[kind].values())
        for change in changes
    )
