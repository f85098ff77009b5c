"""What the pipeline measured, as the pages read it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pandas

from scorefield.pipeline import params
from scorefield.pipeline.files import load_json
from scorefield.pipeline.params import NoEntry

Row = dict[Any, Any]


def available(*makers: Callable[[], list[Any]]) -> list[Any]:
    """What all of them make, but for those that need an entry that params.yaml no longer has."""
    found: list[Any] = []
    for make in makers:
        with suppress(NoEntry):
            found += make()
    return found


def figures(path: str) -> dict[str, Any]:
    """A file of metrics, by its path below `metrics` without the ending. Raises NoEntry where
    params.yaml has no entry of it any more, and InputError where it is not computed."""
    table, _, name = path.partition("/")
    params.run(name) if table == "runs" else params.entry(table, name)
    found: dict[str, Any] = load_json(f"metrics/{path}.json")
    return found


def rows(path: str) -> list[Row]:
    """The rows of a table of metrics, by its path below `metrics` without the ending."""
    return pandas.read_csv(f"metrics/{path}.csv").to_dict("records")
