"""The keys of params.yaml as tables: type, bounds and default from the code, what they mean from
the comments of params.yaml, and from meanings.yaml for keys that have none there."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from report.markdown import table
from scorefield.core.errors import InputError
from scorefield.core.registry import KINDS, methods
from scorefield.pipeline.catalogue import SECTIONS, SHARED, TABLES, entry_knobs
from scorefield.pipeline.signatures import BUDGETS, Knob, knobs, section_knobs
from scorefield.pipeline.value_types import words

MEANINGS = Path(__file__).with_name("meanings.yaml")
SHORT = {"a whole number of at least 0 and below 9223372036854775808": "a whole number from 0"}
HEAD = ("key", "type and bounds", "default", "meaning")


@cache
def comments() -> dict[str, dict[str, str]]:
    """section -> key -> the comment beside it in params.yaml, of sections at the top level."""
    found: dict[str, dict[str, str]] = {}
    section = ""
    for line in Path("params.yaml").read_text().splitlines():
        if top := re.match(r"(\w+):", line):
            section = top[1]
        elif inside := re.match(r"  (\w+):[^#]*# (.*)", line):
            found.setdefault(section, {})[inside[1]] = inside[2]
    return found


@cache
def meanings() -> dict[str, str]:
    """key, or section.key -> what it means."""
    return YAML(typ="safe").load(MEANINGS)


def meaning(section: str, key: str) -> str:
    """What a key means. Raises InputError where nothing says so."""
    own = meanings().get(f"{section}.{key}") or comments().get(section, {}).get(key)
    if said := own or meanings().get(key):
        return said
    raise InputError(f"report/meanings.yaml: expected a line for {section}.{key}")


def default(knob: Knob) -> str:
    """The default of a key as params.yaml writes it; empty where it must be given."""
    if knob.required or knob.default is None:
        return ""
    value = [*knob.default] if isinstance(knob.default, tuple) else knob.default
    shown = str(value).lower() if isinstance(value, bool) else "''" if value == "" else str(value)
    return f"`{shown}`"


def rows(section: str, wanted: dict[str, Knob]) -> Iterator[tuple[str, ...]]:
    """A row for each key."""
    for key, knob in wanted.items():
        kind = words(knob.kind)
        yield f"`{key}`", SHORT.get(kind, kind), default(knob), meaning(section, key)


def keys(section: str, wanted: dict[str, Knob]) -> str:
    """The keys of a section as a table."""
    return table(HEAD, rows(section, wanted), len(HEAD)) if wanted else "It has no keys."


def entries() -> Iterator[tuple[str, str, str]]:
    """Each table of entries: its name, what it is, and the keys of an entry."""
    for name in TABLES:
        yield name, meanings()[f"{name}."], keys(name, entry_knobs(name))


def shared() -> Iterator[tuple[str, str]]:
    """Each section that is no method's: its name and keys."""
    for name, fields in SECTIONS.items():
        yield name, keys(name, {key: Knob(kind) for key, kind in fields.items()})
    for name, place in SHARED.items():
        yield name, keys(name, knobs(*place))


def own(kind: str, name: str) -> dict[str, Any]:
    """The keys of a method, without the training budget that all networks have."""
    budget = knobs(*BUDGETS[kind]) if kind in BUDGETS else {}
    return {key: knob for key, knob in section_knobs(kind, name).items() if key not in budget}


def training() -> str:
    """The training budget, which the sections of all networks have."""
    mine = own("nets", "mlp")
    budget = {key: knob for key, knob in section_knobs("nets", "mlp").items() if key not in mine}
    return keys("training", budget)


def sections() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each kind of methods, with the name and the keys of every method."""
    for kind in KINDS:
        yield kind, [(name, keys(name, own(kind, name))) for name in methods(kind)]
