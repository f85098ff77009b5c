"""What an entry may not do: change what is not its own, bring an evaluator, or name files that are
not its own."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from scorefield.core.errors import InputError
from scorefield.core.registry import KINDS, methods
from scorefield.leaderboard.entry import PLACE, Entry, paths
from scorefield.pipeline.catalogue import NAME, SHARED, TABLES
from scorefield.pipeline.files import load_json
from scorefield.pipeline.params import RUNS, ZOO

TABLES_ADDED = ("models", *RUNS)  # that an entry may add to
OWNED = PLACE / "entered.json"  # what each entry put where: only that may it replace


def entered() -> dict[str, list[str]]:
    """What each entry put in."""
    return dict(load_json(OWNED)) if OWNED.exists() else {}


def check(entry: Entry, present: dict[str, Any]) -> None:
    """Raises InputError, with a line for each thing that an entry would do and may not; `present`
    is params.yaml."""
    before = {*entered().get(entry.name, ())}
    wrong = [*trespasses(entry, present, before), *own_evaluators(entry, present), *outside(entry)]
    if wrong:
        raise InputError("\n".join(wrong))


def trespasses(entry: Entry, present: dict[str, Any], before: set[str]) -> Iterator[str]:
    """What the entry would change of others: it adds models and runs with its own name, and
    methods with their sections, and no more."""
    name, own = entry.name, {file.stem for file in entry.code}
    taken = {*TABLES, *SHARED, *(method for kind in KINDS for method in methods(kind))}
    for top, value in entry.added.items():
        if top in TABLES:
            for key in value:
                if top not in TABLES_ADDED or not re.fullmatch(f"{name}(-{NAME})?", str(key)):
                    yield f"{top}.{key}: an entry adds models and runs named {name} or {name}-..."
                elif key in present[top] and f"{top}.{key}" not in before:
                    yield f"{top}.{key}: there is one already; choose another name"
        elif top not in own:
            yield f"{top}: no method of this entry; override a section in your model or run"
    for target in entry.code:
        if str(target) not in before and (target.stem in taken or target.stem in present):
            yield f"{target}: there is a method or section of that name; choose another"
        elif target.stem not in entry.added:
            file = PLACE / name / target.parent.name / target.name
            yield f"{file}: {target.stem} has no section in params.yaml"
    if not any(name in entry.added.get(table, {}) for table in RUNS):
        yield f"runs.{name}: missing; an entry has a run of its own name"


def own_evaluators(entry: Entry, present: dict[str, Any]) -> Iterator[str]:
    """Runs that are not scored by the evaluator of the first run on their data."""
    first: dict[str, str] = {}
    for table in RUNS:
        for spec in present[table].values():
            first.setdefault(spec["data"], spec["evaluator"])
    for table in RUNS:
        for key, spec in entry.added.get(table, {}).items():
            given = spec if isinstance(spec, dict) else {}
            data, found = str(given.get("data")), given.get("evaluator")
            if data in first and found != first[data]:
                yield f"{table}.{key}.evaluator: expected {first[data]}, that of '{data}'"


def outside(entry: Entry) -> Iterator[str]:
    """Paths that are neither in the folder of the entry nor in that of the shipped models. A name
    that is no path here may be one on the Hub."""
    for where, path in paths(entry.added):
        place = PurePosixPath(path)
        inside = any(place.is_relative_to(each) for each in (PLACE / entry.name, ZOO))
        on_hub = where.endswith("name") and not place.is_absolute() and not Path(path).exists()
        if ".." in place.parts or not (inside or on_hub):
            yield f"{where}: expected a path in {PLACE / entry.name}, found {path}"
