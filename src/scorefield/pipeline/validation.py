"""params.yaml held against the code: every key, type and name, before anything computes.

A method's section has the knobs of its function as keys, their types and bounds as types.
"""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from scorefield.core.bounds import Method
from scorefield.core.errors import InputError
from scorefield.core.registry import KINDS, SOURCE, methods, near
from scorefield.pipeline.ablations import model_of
from scorefield.pipeline.catalogue import (
    LONGEST,
    NAME,
    OVERRIDDEN,
    SECTIONS,
    SHARED,
    STUDIES,
    TABLES,
    VARIANT,
    entry_knobs,
    mark,
    methods_named,
)
from scorefield.pipeline.outputs import output_problems
from scorefield.pipeline.params import read
from scorefield.pipeline.relations import relation_problems
from scorefield.pipeline.signatures import (
    Knob,
    knobs,
    parsed,
    scalable,
    schedules,
    section_knobs,
)
from scorefield.pipeline.summary import SUMMARY, summary_problems
from scorefield.pipeline.value_types import Entry, bounded, numbers_in, shown, words
from scorefield.pipeline.variants import DENOISERS, variants

STRICT = ConfigDict(strict=True, allow_inf_nan=False)
Params = dict[str, Any]
LINE, LARGEST = 500, 10_000_000  # characters of a line; what no number exceeds
SWEPT = ("variants", "scales")  # of a guidance sweep
VARIANTS = TABLES["guidance_sweep"]["variants"]


def every_problem(path: str) -> list[str]:
    """What is wrong with a parameter file or with the code that it names, a line each; nothing for
    a file that is right."""
    try:
        for file in SOURCE.rglob("*.py"):
            parsed(str(file.relative_to(SOURCE)))
        params = read(path)
        found = [*problems(params)] or [*output_problems(params)]
        return [f"{path}: {line}" for line in found]
    except InputError as error:
        return [str(error)]


def problems(params: Params) -> Iterator[str]:
    """One line for each thing that is wrong: the key, what is wrong, the nearest right name. How
    values fit together is looked at where each of them is right."""
    for line in [*section_problems(params), *name_problems()] or relation_problems(params):
        yield " ".join(line.split())[:LINE]


def section_problems(params: Params) -> Iterator[str]:
    """What is wrong with single keys, names and values."""
    kinds = {name: kind for kind in KINDS for name in methods(kind)}
    known = [*TABLES, *SECTIONS, *SHARED, SUMMARY, *kinds]
    for top in (top for top in (*TABLES, *SHARED) if top not in params):
        yield f"{top}: missing; expected {'a table of entries' if top in TABLES else 'a section'}"
    for top, value in params.items():
        if top in SHARED:
            yield from key_problems(top, value, knobs(*SHARED[top]), params)
        elif top in SECTIONS:
            wanted = {key: Knob(kind) for key, kind in SECTIONS[top].items()}
            yield from key_problems(top, value, wanted, params)
        elif top == SUMMARY:
            yield from summary_problems(value, params)
        elif kinds.get(top) == "instability":
            yield f"{top}: an instability score has no section; use instability.NAME.{top}"
        elif top in kinds:
            yield from key_problems(top, value, section_knobs(kinds[top], top), params)
        elif top not in TABLES:
            yield f"{top}: unknown section; {near(top, known)}"
        elif not isinstance(value, dict):
            yield f"{top}: expected a table of entries, found {shown(value)}"
        else:
            for name, entry in value.items():
                yield from entry_problems(top, name, entry, params)


def entries(params: Params, table: str) -> Params:
    """A table by the names of its entries; none where it is no table."""
    found = params.get(table)
    return found if isinstance(found, dict) else {}


def fits(value: Any, kind: Any) -> bool:
    """Whether a value is of a type, within its bounds: 1 is a float, 1.5 no int, 1 no bool."""
    try:
        TypeAdapter(kind, config=STRICT).validate_python(value)
    except (ValidationError, OverflowError):
        return False
    return True


def key_problems(
    where: str, given: Any, wanted: dict[str, Knob], params: Params, whole: bool = True
) -> Iterator[str]:
    """What is wrong with the keys of a section; where it is `whole`, also what is missing."""
    if not isinstance(given, dict):
        yield f"{where}: expected a section of keys, found {shown(given)}"
        return
    for key, value in given.items():
        if key not in wanted:
            yield f"{where}.{key}: unknown key; {near(key, [*wanted])}"
        else:
            yield from value_problems(f"{where}.{key}", value, wanted[key].kind, params)
    for key, knob in wanted.items():
        if whole and knob.required and key not in given:
            yield f"{where}.{key}: missing; expected {words(knob.kind)}"


def value_problems(where: str, value: Any, kind: Any, params: Params) -> Iterator[str]:
    """What is wrong with one value: its type, or that nothing has the name that it is."""
    if not fits(value, kind):
        yield f"{where}: expected {words(kind)}, found {shown(value)}"
        return
    if not bounded(kind) and any(abs(each) > LARGEST for each in numbers_in(value)):
        yield f"{where}: expected at most {LARGEST:,} in size, found {shown(value)}"
    marked = mark(kind)
    if marked is None:
        return
    if isinstance(marked, Entry):
        what, names = marked.table, [*map(str, entries(params, marked.table))]
    elif isinstance(marked, Method):
        what, names = marked.kind, [*methods(marked.kind)]
    else:
        what, names = "schedule", schedules()
    if value not in names:
        yield f"{where}: no {what} named '{value}'; {near(value, names)}"


def entry_problems(table: str, name: Any, entry: Any, params: Params) -> Iterator[str]:
    """What is wrong with one entry: its name, its keys, and the sections that override others. The
    models of an ablation are looked at where it is right itself."""
    where = f"{table}.{name}"
    yield from naming_problems(where, name, NAME)
    found = [*own_problems(table, where, entry, params)]
    yield from found
    if table != "ablation" or found:
        return
    for variant in entry["variants"]:
        within = f"{where}.variants.{variant}"
        yield from naming_problems(within, variant, VARIANT)
        yield from own_problems("models", within, model_of(entry, variant), params)


def naming_problems(where: str, name: Any, pattern: str) -> Iterator[str]:
    """What is wrong with the name of an entry or of a variant."""
    if not (isinstance(name, str) and re.fullmatch(pattern, name) and len(name) <= LONGEST):
        dot = ", ." if pattern == VARIANT else ""
        yield f"{where}: a name is text of letters, digits{dot}, - and _, at most {LONGEST} of them"


def own_problems(table: str, where: str, entry: Any, params: Params) -> Iterator[str]:
    """What is wrong with the keys of an entry of a table, and with its sections."""
    fields = entry_knobs(table)
    if not isinstance(entry, dict):
        yield f"{where}: expected an entry with the keys {', '.join(fields)}, found {shown(entry)}"
        return
    named = methods_named(table)
    own = {str(entry[key]): kind for key, kind in named.items() if key in entry}
    own |= {each: kind for kind in STUDIES.get(table, ()) for each in methods(kind)}
    shared = OVERRIDDEN.get(table, ())
    for key, value in entry.items():
        if key in own and key in methods(own[key]):
            wanted = section_knobs(own[key], key)
            yield from key_problems(f"{where}.{key}", value, wanted, params, whole=False)
        elif key in shared:
            wanted = knobs(*SHARED[key])
            yield from key_problems(f"{where}.{key}", value, wanted, params, whole=False)
        elif key not in fields and key not in own:
            yield f"{where}.{key}: unknown key; {near(key, [*fields, *own, *shared])}"
    given = {key: value for key, value in entry.items() if key in fields}
    yield from key_problems(where, given, fields, params)
    for key in named:
        if entry.get(key) in methods(named[key]) and entry[key] not in params:
            yield f"{where}.{key}: '{entry[key]}' has no section of that name"
    yield from study_problems(table, where, entry, params)


def study_problems(table: str, where: str, entry: dict[str, Any], params: Params) -> Iterator[str]:
    """What is wrong with the methods that a study tries: a variant that does not exist or has no
    scale, a sampler that does not exist, and knobs without a value, as studies read no top-level
    sections."""
    tried = dict.fromkeys(methods("instability"), "instability") if table == "instability" else {}
    named, scales, steps = (entry.get(key) for key in ("variants", "scales", "steps"))
    for name in steps if isinstance(steps, dict) else ():
        if name not in methods("samplers"):
            yield f"{where}.steps: no sampler named '{name}'; {near(name, methods('samplers'))}"
    if isinstance(scales, dict) and all(fits(entry.get(k), TABLES[table][k]) for k in SWEPT):
        yield from sweep_problems(where, entry)
    try:
        own = variants(entry) if table == "guidance_sweep" and fits(named, VARIANTS) else {}
    except InputError as error:
        yield f"{where}.variants: {error}"
        return
    for name, found in own.items():
        kind, method = found.method
        if not scalable(kind, method):
            yield f"{where}.variants: '{name}' has no scale, or needs a guide or a condition"
        yield from naming_problems(f"{where}.variants.{name}", name, VARIANT)
        wanted = section_knobs(kind, method)
        yield from key_problems(f"{where}.variants.{name}", {**found.fixed}, wanted, params, False)
        tried[method] = kind
    for name, kind in tried.items():
        given = entry[name] if isinstance(entry.get(name), dict) else {}
        for key, knob in knobs(f"{kind}/{name}.py", name).items():
            if knob.required and key != "scale" and key not in given:
                yield f"{where}.{name}.{key}: missing; expected {words(knob.kind)}"


def sweep_problems(where: str, entry: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the scales of a guidance sweep that are given by role and variant."""
    for role, own in entry["scales"].items():
        if role not in DENOISERS:
            yield f"{where}.scales.{role}: no denoiser of that name; {near(role, DENOISERS)}"
        for name in own:
            if name not in entry["variants"]:
                hint = near(name, entry["variants"])
                yield f"{where}.scales.{role}.{name}: not among the variants; {hint}"


def name_problems() -> Iterator[str]:
    """Methods whose section has the name of another one."""
    sections = [*SHARED, *SECTIONS, SUMMARY]
    seen = dict.fromkeys(TABLES, "a table") | dict.fromkeys(sections, "a section")
    for kind in KINDS:
        for name in methods(kind):
            if name in seen:
                yield f"{name}: the name of a method of {kind} and of {seen[name]}; choose another"
            seen[name] = kind
