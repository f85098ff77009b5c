"""params.yaml: entries, sections, and methods by name."""

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from inspect import getfullargspec
from pathlib import Path
from types import ModuleType
from typing import Any

from ruamel.yaml import YAML


@cache
def load(path: str = "params.yaml") -> dict[str, Any]:
    """The whole file, read as DVC reads it (YAML 1.2: 2e-3 is a number, no is a string)."""
    return YAML(typ="safe").load(Path(path)) or {}


def entry(kind: str, name: str) -> dict[str, Any]:
    """One entry of a table, e.g. entry("runs", "digits-ddim")."""
    return load()[kind][name]


def section(name: str, spec: dict[str, Any] | None = None) -> dict[str, Any]:
    """The numbers of a method: its top-level section, overridden by the entry's own."""
    return {**(load().get(name) or {}), **((spec or {}).get(name) or {})}


def module(kind: str, name: str) -> ModuleType:
    """The file scorefield/<kind>/<name>.py."""
    return import_module(f"scorefield.{kind}.{name}")


def function(kind: str, name: str) -> Callable:
    """The function <name> of that file."""
    return getattr(module(kind, name), name)


def method(kind: str, name: str, spec: dict[str, Any] | None = None) -> partial:
    """The function with those numbers of its section bound that are its own keyword arguments."""
    return bound(function(kind, name), section(name, spec))


def bound(found: Callable, given: dict[str, Any]) -> partial:
    """A function with those of the given numbers bound that are its own keyword arguments."""
    own = getfullargspec(found).kwonlyargs
    return partial(found, **{key: given[key] for key in own if key in given})
