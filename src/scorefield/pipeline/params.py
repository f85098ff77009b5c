"""params.yaml: its tables of entries, its sections, and the methods that an entry names."""

from functools import cache, partial
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from scorefield.core.errors import InputError
from scorefield.core.registry import load_method, near, with_knobs

ZOO = Path("zoo")  # models that come with the project
RUNS = ("runs", "runs_with_guide")  # DVC has no optional dependency, so these have two tables


class NoEntry(InputError):
    """There is no entry of that name."""


@cache
def load(path: str = "params.yaml") -> dict[str, Any]:
    """The whole file, read once."""
    return read(path)


def read(path: str) -> dict[str, Any]:
    """The whole file, read as DVC reads it (YAML 1.2: 2e-3 is a number, no is a string). Raises
    InputError where there is none, and for what is no such file."""
    if not Path(path).is_file():
        raise InputError(f"{path}: not found; this runs in the folder of a project")
    try:
        found: Any = YAML(typ="safe").load(Path(path)) or {}
    except (YAMLError, ValueError, OSError) as error:
        raise InputError(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: expected tables and sections, found {type(found).__name__}")
    return found


def entry(table: str, name: str) -> dict[str, Any]:
    """One entry of a table, e.g. entry("models", "mine"). Raises InputError where there is none."""
    return found(load().get(table) or {}, table, name)


def runs() -> dict[str, dict[str, Any]]:
    """All runs by name, those with a guide after those without one."""
    return {name: spec for table in RUNS for name, spec in (load().get(table) or {}).items()}


def run(name: str) -> dict[str, Any]:
    """One run, of either table. Raises InputError where there is none."""
    return found(runs(), "runs", name)


def found(entries: dict[str, dict[str, Any]], table: str, name: str) -> dict[str, Any]:
    """The entry of that name. Raises NoEntry where there is none."""
    if name not in entries:
        raise NoEntry(f"params.yaml: no {table} named '{name}'; {near(name, [*entries])}")
    return entries[name]


def shipped(model: dict[str, Any]) -> Path | None:
    """The folder in zoo/ that an entry of `models` copies or trains on; None for another model."""
    folder = Path(model.get("submitted_model", {}).get("folder", ""))
    return folder if folder.parent == ZOO and (folder / "card.json").exists() else None


def section(name: str, spec: dict[str, Any] | None = None) -> dict[str, Any]:
    """The numbers of a method: its top-level section, overridden by the entry's own."""
    return {**(load().get(name) or {}), **((spec or {}).get(name) or {})}


def method(kind: str, name: str, spec: dict[str, Any] | None = None) -> partial[Any]:
    """The method with those numbers of its section bound that are its own knobs."""
    return with_knobs(load_method(kind, name), section(name, spec))
