"""params.yaml held against the code: every key, type and name, before anything computes.

A method's section has the keyword-only arguments of its function as keys and their annotations
as types. They are read from the source, without importing it.
"""

import ast
import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from scorefield.core.errors import InputError
from scorefield.lab.closure import SOURCE

NAME = "[A-Za-z0-9][A-Za-z0-9_-]*"  # of entries: they become commands, files and keys
KINDS = ("data", "nets", "objectives", "guidance", "samplers", "maps", "paths")
ENTRIES = {  # key -> what its value must be; a "?" marks a key that may be left out
    "data": {"source": "method data"},
    "models": {
        "data": "entry data",
        "net": "method nets",
        "objective": "method objectives",
        "schedule": "schedule",
        "seed": "int",
    },
    "runs": {
        "model": "entry models",
        "helper": "entry models",
        "judge": "entry models",
        "data": "entry data",
        "guidance": "method guidance",
        "sampler": "method samplers",
        "n": "int",
        "seed": "int",
    },
    "curves": {
        "model": "entry models",
        "rival": "entry models",
        "judge": "entry models",
        "data": "entry data",
        "steps": "list[int]",
        "seeds": "list[int]",
        "n": "int",
    },
    "maps": {
        "model": "entry models",
        "control": "entry models",
        "judge": "entry models",
        "data": "entry data",
        "levels": "list[float]",
        "n": "int",
        "seed": "int",
    },
    "matches": {
        "model": "entry models",
        "partner": "entry models",
        "helper": "entry models",
        "joint": "entry models",
        "judge": "entry models",
        "data": "entry data",
        "sampler": "method samplers",
        "steps": "int",
        "scale": "float",
        "scales": "list[float]",
        "n": "int",
        "seed": "int",
    },
    "paths": {
        "model": "entry models",
        "judge": "entry models",
        "data": "entry data",
        "guidance": "Literal['plain', 'mean']",
        "levels": "list[float]",
        "ends": "list[list[str]]",
        "relax": "int",
        "flow": "int",
        "probes": "int",
        "seed": "int",
    },
    "sweeps": {
        "model": "entry models",
        "control": "entry models",
        "judge": "entry models",
        "data": "entry data",
        "sampler": "method samplers",
        "steps": "int",
        "ways": "list[Literal['ibg', 'reversed', 'random', 'fresh', 'minus_score', 'temperature', "
        "'sgms', 'mue', 'boost']]",
        "scales": "list[float]",
        "n": "int",
        "seed": "int",
    },
}
METHODS = {
    "source": "data",
    "net": "nets",
    "objective": "objectives",
    "guidance": "guidance",
    "sampler": "samplers",
}
BUDGETS = {"nets": ("lab/training.py", "train")}  # knobs a kind's sections have beside their own
EXTRA = {"samplers": {"steps": "int"}}
SHARED = {
    "sampling": ("lab/sampling.py", "sample"),
    "images": ("metrics/images.py", "images"),
    "plane": ("metrics/plane.py", "plane"),
}


@cache
def knobs(file: str, function: str) -> dict[str, str]:
    """Keyword-only arguments of a function with their annotations, and " = ..." for a default."""
    for node in parsed(file).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            return {a.arg: written(a.annotation) + " = ..." * bool(d) for a, d in pairs}
    raise InputError(f"src/scorefield/{file}: expected a function {function}")


def written(annotation: ast.expr | None) -> str:
    """A type as it is written; anything where none is."""
    return ast.unparse(annotation) if annotation else "object"


def parsed(file: str | Path) -> ast.Module:
    """The syntax tree of a file of this package. Raises InputError where it has none."""
    try:
        return ast.parse((SOURCE / file).read_text())
    except SyntaxError as error:
        raise InputError(f"src/scorefield/{file}, line {error.lineno}: {error.msg}") from None


@cache
def methods(kind: str) -> list[str]:
    return sorted(p.stem for p in (SOURCE / kind).glob("*.py") if p.stem != "__init__")


@cache
def schedules() -> list[str]:
    tree = ast.parse((SOURCE / "core/schedule.py").read_text())
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.returns]
    return [n.name for n in functions if ast.unparse(n.returns) == "Schedule"]


def section_knobs(kind: str, name: str) -> dict[str, str]:
    own = knobs(f"{kind}/{name}.py", name) | EXTRA.get(kind, {})
    return own | (knobs(*BUDGETS[kind]) if kind in BUDGETS else {})


def near(name: str, names: list[str]) -> str:
    close = get_close_matches(str(name), names, 1, 0.5)
    return (
        f"did you mean '{close[0]}'?" if close else f"known: {', '.join(map(str, names)) or 'none'}"
    )


def fits(value: Any, kind: str) -> bool:
    if kind.startswith("Literal"):
        return value in ast.literal_eval(
            kind.removeprefix("Literal").replace("[", "(", 1)[:-1] + ",)"
        )
    if kind.startswith("list"):
        return isinstance(value, list) and all(fits(item, kind[5:-1]) for item in value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    accepted = {"int": number and isinstance(value, int), "float": number}
    return accepted.get(kind, isinstance(value, {"str": str, "bool": bool}.get(kind, object)))


def problems(params: dict[str, Any]) -> Iterator[str]:
    """One line for each thing that is wrong: the key, what is wrong, the nearest right name."""
    every = {name: kind for kind in KINDS for name in methods(kind)}
    tops = [*ENTRIES, *SHARED, *every]
    for top, value in params.items():
        if top not in tops:
            yield f"{top}: unknown section; {near(top, tops)}"
        elif top not in ENTRIES:
            wanted = knobs(*SHARED[top]) if top in SHARED else section_knobs(every[top], top)
            yield from section_problems(top, value, wanted)
    for table, fields in ENTRIES.items():
        for name, entry in (params.get(table) or {}).items():
            if not re.fullmatch(NAME, str(name)):
                yield f"{table}.{name}: a name has letters, digits, - and _ only"
            yield from entry_problems(f"{table}.{name}", entry, fields, params)


def section_problems(
    where: str, given: Any, wanted: dict[str, str], whole: bool = True
) -> Iterator[str]:
    if not isinstance(given, dict):
        yield f"{where}: expected a section of keys, found {given!r}"
        return
    for key, value in given.items():
        if key not in wanted:
            yield f"{where}.{key}: unknown key; {near(key, list(wanted))}"
        elif not fits(value, kind := wanted[key].removesuffix(" = ...")):
            yield f"{where}.{key}: expected {kind}, found {value!r}"
    for key, kind in wanted.items() if whole else ():
        if key not in given and not kind.endswith(" = ..."):
            yield f"{where}.{key}: missing; expected {kind}"


def entry_problems(where: str, entry: Any, fields: dict[str, str], params: dict) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield f"{where}: expected an entry with the keys {', '.join(fields)}, found {entry!r}"
        return
    chosen = {entry.get(key): METHODS[key] for key in fields if key in METHODS}
    if "ways" in fields:
        chosen |= dict.fromkeys(methods("guidance"), "guidance") | {"boost": "samplers"}
    if "ends" in fields:
        chosen |= dict.fromkeys(methods("paths"), "paths")
    for key, value in entry.items():
        if key in chosen:
            if chosen[key] in KINDS and key in methods(chosen[key]):
                wanted = section_knobs(chosen[key], key)
                yield from section_problems(f"{where}.{key}", value, wanted, whole=False)
        elif key not in fields:
            yield f"{where}.{key}: unknown key; {near(key, [*fields, *(k for k in chosen if k)])}"
    for key, wanted in fields.items():
        if key not in entry:
            yield f"{where}.{key}: missing; expected {wanted}"
        else:
            yield from value_problems(f"{where}.{key}", entry[key], wanted, params)


def value_problems(where: str, value: Any, wanted: str, params: dict) -> Iterator[str]:
    kind, _, table = wanted.partition(" ")
    if kind in ("method", "entry", "schedule"):
        names = {"method": methods, "schedule": lambda _: schedules()}.get(
            kind, lambda t: list(params.get(t) or {})
        )
        if value not in names(table):
            yield f"{where}: no {table or 'schedule'} named '{value}'; {near(value, names(table))}"
        elif kind == "method" and value not in params:
            yield f"{where}: '{value}' has no section of that name"
    elif not fits(value, wanted):
        yield f"{where}: expected {wanted}, found {value!r}"
