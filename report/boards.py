"""Tables of metrics for the page: a figure and its interval in one cell, columns to choose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas

from report.markdown import scored as with_interval

INTERVAL = ("_low", "_high", "_se")  # columns that belong to the one before
TEXTS = ("run", "data", "note", "model", "guidance", "sampler")
HIDDEN = (  # until a reader chooses them
    *("kid", "density", "coverage", "parameters", "images_seen"),
    *("n", "mmd2_floor", "energy_distance", "nll_floor", "model"),
)


@dataclass(frozen=True)
class Column:
    """A column of a board; `text` is its alignment, `shown` whether it is there at first."""

    key: str
    label: str
    text: bool
    shown: bool


@dataclass(frozen=True)
class Cell:
    """What a cell says, and the number that it is sorted by, if it is a number."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class Row:
    """A run, its data, whether it has a rank, and its cells in the order of the columns."""

    run: str
    data: str
    ranked: bool
    cells: list[Cell]


@dataclass(frozen=True)
class Board:
    """A table that a reader can sort and filter, and whether it ranks runs."""

    columns: list[Column]
    rows: list[Row]
    ranked: bool


def figure(value: float | None) -> str:
    """A number as a table shows it: whole numbers in full, others with three digits."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def scored(figures: Mapping[Any, Any], key: str) -> str:
    """A figure with its 95 % interval or its standard error in one cell, where it has one."""
    if figures.get(key) is None:
        return ""
    known = any(figures.get(f"{key}{end}") is not None for end in INTERVAL)
    return with_interval(figures, key) if known else figure(figures[key])


def alone(names: Iterable[str]) -> list[str]:
    """The names of figures without those of their intervals and errors, in order."""
    names = [*names]
    ends = {f"{name}{end}" for name in names for end in INTERVAL}
    return [name for name in names if name not in ends]


def cell(row: Mapping[Any, Any], column: Column) -> Cell:
    """The cell of a row in a column."""
    if column.text:
        return Cell(row[column.key] or "")
    return Cell(scored(row, column.key), row[column.key])


def board(path: str) -> Board:
    """A table of metrics from its CSV file, the run first."""
    table = pandas.read_csv(path).convert_dtypes()
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    keys = sorted(alone([*table]), key=lambda key: key != "run")
    columns = [Column(key, key.replace("_", " "), key in TEXTS, key not in HIDDEN) for key in keys]
    listed = [
        Row(row["run"], row["data"], bool(row.get("rank")), [cell(row, each) for each in columns])
        for row in rows
    ]
    return Board(columns, listed, "rank" in table)
