"""params.yaml held against the code: every key, type and name, before anything computes.

A method's section has the knobs of its function as keys, their types and bounds as types.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from scorefield.core.bounds import Method
from scorefield.core.errors import InputError
from scorefield.core.registry import KINDS, SOURCE, methods, near
from scorefield.pipeline.catalogue import (
    NAME,
    SECTIONS,
    SHARED,
    STUDIES,
    TABLES,
    mark,
    methods_named,
)
from scorefield.pipeline.params import RUNS
from scorefield.pipeline.signatures import (
    Knob,
    functions,
    guide,
    knobs,
    parsed,
    schedules,
    section_knobs,
)
from scorefield.pipeline.summary import SUMMARY, summary_problems
from scorefield.pipeline.value_types import Entry, words
from scorefield.pipeline.variants import DENOISERS, variant

STRICT = ConfigDict(strict=True, allow_inf_nan=False)
Params = dict[str, Any]
DRAWS = ("data", "sampler", "steps", "n", "seed")  # shared by a matching study and its guides
SWEPT = ("variants", "scales")  # of a guidance sweep


def every_problem(path: str) -> list[str]:
    """What is wrong with a parameter file or with the code that it names, a line each; nothing for
    a file that is right."""
    try:
        for file in SOURCE.rglob("*.py"):
            parsed(str(file.relative_to(SOURCE)))
        return [f"{path}: {line}" for line in problems(YAML(typ="safe").load(Path(path)))]
    except YAMLError as error:
        return [f"{path}: {' '.join(str(error).split())}"]
    except InputError as error:
        return [str(error)]


def problems(params: Params) -> Iterator[str]:
    """One line for each thing that is wrong: the key, what is wrong, the nearest right name."""
    kinds = {name: kind for kind in KINDS for name in methods(kind)}
    known = [*TABLES, *SECTIONS, *SHARED, SUMMARY, *kinds]
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
            yield f"{top}: expected a table of entries, found {value!r}"
        else:
            for name, entry in value.items():
                yield from entry_problems(top, name, entry, params)
    runs, guided = (entries(params, table) for table in RUNS)
    yield from run_problems(runs, guided)
    yield from draw_problems(entries(params, "matching"), entries(params, "matching_guides"))
    yield from name_problems()


def entries(params: Params, table: str) -> Params:
    """A table by the names of its entries; none where it is no table."""
    found = params.get(table)
    return found if isinstance(found, dict) else {}


def fits(value: Any, kind: Any) -> bool:
    """Whether a value is of a type, within its bounds: 1 is a float, 1.5 no int, 1 no bool."""
    try:
        TypeAdapter(kind, config=STRICT).validate_python(value)
    except ValidationError:
        return False
    return True


def key_problems(
    where: str, given: Any, wanted: dict[str, Knob], params: Params, whole: bool = True
) -> Iterator[str]:
    """What is wrong with the keys of a section; where it is `whole`, also what is missing."""
    if not isinstance(given, dict):
        yield f"{where}: expected a section of keys, found {given!r}"
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
        yield f"{where}: expected {words(kind)}, found {value!r}"
        return
    marked = mark(kind)
    if marked is None:
        return
    if isinstance(marked, Entry):
        what, names = marked.table, [*entries(params, marked.table)]
    elif isinstance(marked, Method):
        what, names = marked.kind, [*methods(marked.kind)]
    else:
        what, names = "schedule", schedules()
    if value not in names:
        yield f"{where}: no {what} named '{value}'; {near(value, names)}"


def entry_problems(table: str, name: Any, entry: Any, params: Params) -> Iterator[str]:
    """What is wrong with one entry: its name, its keys, and the sections that override others."""
    where, fields = f"{table}.{name}", {key: Knob(kind) for key, kind in TABLES[table].items()}
    if not re.fullmatch(NAME, str(name)):
        yield f"{where}: a name has letters, digits, - and _ only"
    if not isinstance(entry, dict):
        yield f"{where}: expected an entry with the keys {', '.join(fields)}, found {entry!r}"
        return
    named = methods_named(table)
    own = {str(entry[key]): kind for key, kind in named.items() if key in entry}
    own |= {each: kind for kind in STUDIES.get(table, ()) for each in methods(kind)}
    for key, value in entry.items():
        if key in own and key in methods(own[key]):
            wanted = section_knobs(own[key], key)
            yield from key_problems(f"{where}.{key}", value, wanted, params, whole=False)
        elif key not in fields and key not in own:
            yield f"{where}.{key}: unknown key; {near(key, [*fields, *own])}"
    given = {key: value for key, value in entry.items() if key in fields}
    yield from key_problems(where, given, fields, params)
    for key in named:
        if entry.get(key) in methods(named[key]) and entry[key] not in params:
            yield f"{where}.{key}: '{entry[key]}' has no section of that name"
    yield from study_problems(table, where, entry)


def study_problems(table: str, where: str, entry: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the methods that a study tries: a variant that does not exist or has no
    scale, and knobs without a value, as studies read no top-level sections."""
    tried = dict.fromkeys(methods("instability"), "instability") if table == "instability" else {}
    named, scales = entry.get("variants"), entry.get("scales")
    if isinstance(scales, dict) and all(fits(entry.get(k), TABLES[table][k]) for k in SWEPT):
        yield from sweep_problems(where, entry)
    for name in named if isinstance(named, list) else ():
        try:
            found = variant(str(name))
        except InputError as error:
            yield f"{where}.variants: {error}"
            continue
        kind, method = (
            ("samplers", found.sampler) if found.sampler else ("guidance", found.guidance)
        )
        if not scalable(kind, method):
            yield f"{where}.variants: '{name}' has no scale, or needs a guide or a condition"
        tried[method] = kind
    for name, kind in tried.items():
        given = entry.get(name) or {}
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


def scalable(kind: str, name: str) -> bool:
    """Whether a method has a scale, and does without a guide and a condition."""
    file = f"{kind}/{name}.py"
    if kind == "guidance" and guide(name) == "needed":
        return False
    bare = all(each.name != "condition" for each in functions(file))
    return bare and "scale" in knobs(file, name)


def run_problems(runs: Params, guided: Params) -> Iterator[str]:
    """Runs that stand in the wrong table, or in both."""
    for name, spec in runs.items():
        if guide_of(spec) == "needed":
            yield f"runs.{name}: its guidance needs a guide; it belongs into runs_with_guide"
    for name, spec in guided.items():
        if guide_of(spec) == "none":
            yield f"runs_with_guide.{name}: its guidance takes no guide; it belongs into runs"
        if name in runs:
            yield f"runs_with_guide.{name}: there is a run of that name in runs"


def draw_problems(studies: Params, guides: Params) -> Iterator[str]:
    """Guides that do not draw as their study does: its unguided samples are for all of them."""
    for name, spec in guides.items():
        study = studies.get(str(spec.get("study"))) if isinstance(spec, dict) else None
        known = study if isinstance(study, dict) else {}
        for key in (key for key in DRAWS if key in known and spec.get(key) != known[key]):
            yield f"matching_guides.{name}.{key}: expected {known[key]} as in its study"


def guide_of(run: Any) -> str:
    """Whether a run's guidance takes a guide; "optional" where it is not known."""
    guidance = run.get("guidance") if isinstance(run, dict) else None
    return guide(str(guidance)) if guidance in methods("guidance") else "optional"


def name_problems() -> Iterator[str]:
    """Methods whose section has the name of another one."""
    sections = [*SHARED, *SECTIONS, SUMMARY]
    seen = dict.fromkeys(TABLES, "a table") | dict.fromkeys(sections, "a section")
    for kind in KINDS:
        for name in methods(kind):
            if name in seen:
                yield f"{name}: the name of a method of {kind} and of {seen[name]}; choose another"
            seen[name] = kind
