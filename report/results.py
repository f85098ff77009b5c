"""What the pipeline measured, as the pages read it."""

from typing import Any

import pandas

from scorefield.pipeline.files import load_json

Row = dict[Any, Any]


def figures(path: str) -> dict[str, Any]:
    """A file of metrics, by its path below `metrics` without the ending. Raises InputError where
    there is none."""
    found: dict[str, Any] = load_json(f"metrics/{path}.json")
    return found


def rows(path: str) -> list[Row]:
    """The rows of a table of metrics, by its path below `metrics` without the ending."""
    return pandas.read_csv(f"metrics/{path}.csv").to_dict("records")
