"""A JSON schema of params.yaml, for editors that complete keys and underline what is wrong."""

from typing import Any

from pydantic import TypeAdapter

from scorefield.core.bounds import Method
from scorefield.core.registry import KINDS, methods
from scorefield.pipeline.catalogue import (
    OVERRIDDEN,
    SECTIONS,
    SHARED,
    STUDIES,
    TABLES,
    entry_knobs,
    mark,
    methods_named,
)
from scorefield.pipeline.signatures import Knob, knobs, schedules, section_knobs
from scorefield.pipeline.summary import SUMMARY
from scorefield.pipeline.value_types import NoiseSchedule, words

SCHEMA = ".schema/params.json"  # where the first line of params.yaml lets editors find it
Schema = dict[str, Any]
PLACE = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}


def schema() -> Schema:
    """That of the whole file."""
    parts = {table: table_schema(table) for table in TABLES}
    parts |= {
        name: section({key: Knob(kind) for key, kind in keys.items()})
        for name, keys in SECTIONS.items()
    }
    parts |= {name: section(knobs(*place)) for name, place in SHARED.items()}
    parts[SUMMARY] = {"type": "object", "additionalProperties": PLACE}
    parts |= {name: section(section_knobs(kind, name)) for kind in KINDS for name in methods(kind)}
    top = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "params.yaml"}
    return top | {"type": "object", "properties": parts, "additionalProperties": False}


def table_schema(table: str) -> Schema:
    """Entries by any name, with the sections that may override others."""
    kinds = {*methods_named(table).values(), *STUDIES.get(table, ())}
    own = {
        name: section(section_knobs(kind, name), whole=False)
        for kind in sorted(kinds)
        for name in methods(kind)
    }
    own |= {name: section(knobs(*SHARED[name]), False) for name in OVERRIDDEN.get(table, ())}
    entry = section(entry_knobs(table))
    entry["properties"] = own | entry["properties"]
    return {"type": "object", "additionalProperties": entry}


def section(wanted: dict[str, Knob], whole: bool = True) -> Schema:
    """Keys with their types; required where they have no default and the section is `whole`."""
    return {
        "type": "object",
        "properties": {key: value(knob) for key, knob in wanted.items()},
        "required": [key for key, knob in wanted.items() if whole and knob.required],
        "additionalProperties": False,
    }


def value(knob: Knob) -> Schema:
    """One value, described in words; of a method or a schedule all its names."""
    marked, said = mark(knob.kind), {"description": words(knob.kind)}
    if not knob.required:
        said["default"] = knob.default
    if isinstance(marked, Method):
        return {"enum": [*methods(marked.kind)]} | said
    if isinstance(marked, NoiseSchedule):
        return {"enum": schedules()} | said
    return TypeAdapter(knob.kind).json_schema() | said
