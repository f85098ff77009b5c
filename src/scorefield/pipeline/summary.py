"""The section of params.yaml that chooses the headline figures of the project."""

from collections.abc import Iterator
from typing import Any

from scorefield.core.registry import near
from scorefield.pipeline.catalogue import TABLES
from scorefield.pipeline.params import RUNS
from scorefield.pipeline.value_types import shown

SUMMARY = "summary"  # key -> a file below metrics/, without its ending, and a figure in it


def results(params: dict[str, Any]) -> dict[str, list[str]]:
    """The folders below metrics/, and the files of figures that the entries lead to in each."""
    found: dict[str, list[str]] = {}
    for table in TABLES:
        if table != "data":
            folder = "runs" if table in RUNS else table
            held = params.get(table)
            names = (f"{folder}/{name}" for name in (held if isinstance(held, dict) else ()))
            found.setdefault(folder, []).extend(names)
    return found


def summary_problems(chosen: Any, params: dict[str, Any]) -> Iterator[str]:
    """One line for each thing that is wrong with the section: its form, or a result that no entry
    leads to."""
    if not isinstance(chosen, dict):
        yield f"{SUMMARY}: expected a section of keys, found {shown(chosen)}"
        return
    folders = results(params)
    for key, place in chosen.items():
        form = isinstance(place, list) and len(place) == 2
        if not form or not all(isinstance(each, str) for each in place):
            yield f"{SUMMARY}.{key}: expected a list of a result and a figure, found {shown(place)}"
            continue
        folder, _, name = place[0].partition("/")
        known = folders.get(folder, [f"{each}/{name}" for each in folders])
        if place[0] not in known:
            yield f"{SUMMARY}.{key}: no result named '{place[0]}'; {near(place[0], known)}"
