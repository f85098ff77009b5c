"""Methods by name: a folder of methods is a kind, a file in it a method, and its function bears
the name of the file. That is the whole registry."""

from collections.abc import Callable
from difflib import get_close_matches
from functools import cache, partial
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from types import ModuleType
from typing import Any

from scorefield.core.errors import InputError

SOURCE = Path(__file__).parents[1]
KINDS = ("data", "nets", "objectives", "guidance", "samplers", "instability", "paths")


@cache
def methods(kind: str) -> tuple[str, ...]:
    """The names of a kind's methods, sorted: its files, but for those that begin with _."""
    return tuple(sorted(file.stem for file in (SOURCE / kind).glob("[!_]*.py")))


def near(name: Any, names: list[str] | tuple[str, ...]) -> str:
    """What was probably meant, or all that is known."""
    close = get_close_matches(str(name), names, 1, 0.5)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(names) or 'none'}"


def module(kind: str, name: str) -> ModuleType:
    """The file scorefield/<kind>/<name>.py. Raises InputError where there is none."""
    if name not in methods(kind):
        raise InputError(f"no {kind} named '{name}'; {near(name, methods(kind))}")
    return import_module(f"scorefield.{kind}.{name}")


def load_method(kind: str, name: str) -> Callable[..., Any]:
    """The function <name> of that file."""
    found: Callable[..., Any] = getattr(module(kind, name), name)
    return found


def hook(kind: str, name: str, what: str) -> Any:
    """Something else that the file may hold, such as a guidance's `condition`; None if not."""
    return getattr(module(kind, name), what, None)


def keywords(function: Callable[..., Any]) -> list[str]:
    """The names of its keyword-only arguments: the knobs."""
    found = signature(function).parameters.values()
    return [p.name for p in found if p.kind is Parameter.KEYWORD_ONLY]


def defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """The values that its knobs have where none are given."""
    found = signature(function).parameters
    every = {name: found[name].default for name in keywords(function)}
    return {name: value for name, value in every.items() if value is not Parameter.empty}


def takes(function: Callable[..., Any], name: str) -> bool:
    """Whether it has an argument of that name."""
    return name in signature(function).parameters


def with_knobs(function: Callable[..., Any], given: dict[str, Any]) -> partial[Any]:
    """A function with those of the given numbers bound that are its own knobs."""
    return partial(function, **{key: given[key] for key in keywords(function) if key in given})
