"""Methods by name. A folder is a kind of methods, a file in it is a method, and the function of the
method has the name of the file."""

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
KINDS = (
    *("data", "nets", "objectives", "optimisers", "guidance", "samplers"),
    *("instability", "paths"),
)


@cache
def methods(kind: str) -> tuple[str, ...]:
    """The names of a kind's methods, sorted: its files, except those that begin with _."""
    return tuple(sorted(file.stem for file in (SOURCE / kind).glob("[!_]*.py")))


def near(name: Any, names: list[str] | tuple[str, ...]) -> str:
    """A hint for an error: the closest known name, or all known names."""
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
    """Another object of the file, such as a guidance's `condition`; None where it has none."""
    return getattr(module(kind, name), what, None)


def keywords(function: Callable[..., Any]) -> list[str]:
    """The names of its keyword-only arguments: the knobs."""
    found = signature(function).parameters.values()
    return [p.name for p in found if p.kind is Parameter.KEYWORD_ONLY]


def defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """The default values of its knobs."""
    found = signature(function).parameters
    every = {name: found[name].default for name in keywords(function)}
    return {name: value for name, value in every.items() if value is not Parameter.empty}


def takes(function: Callable[..., Any], name: str) -> bool:
    """Whether it has an argument of that name."""
    return name in signature(function).parameters


def with_knobs(function: Callable[..., Any], values: dict[str, Any]) -> partial[Any]:
    """A function with those of the values bound that are knobs of its own."""
    return partial(function, **{key: values[key] for key in keywords(function) if key in values})
