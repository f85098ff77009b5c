"""Print what differs between the experiments of this commit: parameters, then headline figures, a
row each, in at most 120 columns. `dvc exp show` has a column for each parameter instead."""

import argparse
import sys
from pathlib import Path
from typing import Any

from dvc.api import exp_show
from rich.console import Console
from rich.table import Table
from scripts.results import width

from scorefield.command import ended

ABOUT = ("Experiment", "rev", "typ", "Created", "parent", "State", "Executor")
SIDE_BY_SIDE = 6  # experiments in one table
Row = dict[str, Any]


def differing(rows: list[Row]) -> list[str]:
    """The keys whose values are not the same in all experiments, parameters before figures; without
    files, whose values are hashes."""
    every = dict.fromkeys(key for row in rows for key in row if key not in ABOUT)
    keys = [key for key in every if "/" not in key and not Path(key).exists()]
    found = [key for key in keys if len({str(row.get(key)) for row in rows}) > 1]
    return sorted(found, key=lambda key: "." not in key)


def name(row: Row) -> str:
    return str(row["Experiment"] or row["rev"] or "workspace")


def value(found: Any) -> str:
    return f"{found:.5g}" if isinstance(found, float) else str("-" if found is None else found)


def listed(rows: list[Row], keys: list[str]) -> Table:
    """A table with a column an experiment."""
    table = Table(box=None, pad_edge=False)
    table.add_column("", overflow="fold")
    for row in rows:
        table.add_column(name(row), justify="right", overflow="fold")
    for key in keys:
        table.add_row(key, *(value(row.get(key)) for row in rows))
    return table


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    rows, console = exp_show(), Console(width=width())
    keys = differing(rows)
    if not keys:
        command = "dvc exp run --allow-missing -S ibg.scale=2.0"
        print(f"no experiment differs from the workspace; `{command}` makes one")
        return
    for first in range(0, len(rows), SIDE_BY_SIDE):
        console.print(listed(rows[first : first + SIDE_BY_SIDE], keys), "")


if __name__ == "__main__":
    sys.excepthook = ended
    main()
