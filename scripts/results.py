"""Print the headline figures and the leaderboard, in at most 120 columns."""

import argparse
import json
import shutil
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pandas
from report.markdown import number
from rich.console import Console
from rich.table import Table

from scorefield.command import ended
from scorefield.core.errors import InputError

WIDTH = 120
IMAGES_TITLE = "Leaderboard: images (why a run has no rank: metrics/leaderboard.md)"
IMAGES = {  # column of the table -> title, format
    "rank": ("rank", ".0f"),
    "run": ("run", ""),
    "data": ("data", ""),
    "n": ("n", ",.0f"),
    "fid": ("FID, ours", ".3g"),
    "interval": ("95 %", ""),
    "kid": ("KID", ".3g"),
    "precision": ("precision", ".3f"),
    "recall": ("recall", ".3f"),
    "nfe": ("calls", ",.0f"),
    "parameters": ("parameters", ",.0f"),
}
POINTS = {
    "run": ("run", ""),
    "data": ("data", ""),
    "guidance": ("guidance", ""),
    "sampler": ("sampler", ""),
    "nfe": ("calls", ",.0f"),
    "mmd2": ("MMD²", ".2g"),
    "energy_distance": ("energy distance", ".2g"),
    "nll": ("-log p", ".3g"),
    "rare_mode": ("rare mode", ".1%"),
    "off_mode": ("off mode", ".1%"),
}


def width() -> int:
    """How wide a table may be: as the terminal, and never wider than `WIDTH`."""
    return min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)


def interval(row: dict[Any, Any]) -> str:
    """The 95 % interval of FID; nothing where there is none."""
    known = row.get("fid_low")
    return "" if pandas.isna(known) else f"{known:.3g} to {row['fid_high']:.3g}"


def text(path: str) -> str:
    """The content of a file. Raises InputError where there is none."""
    try:
        return Path(path).read_text()
    except FileNotFoundError:
        raise InputError(f"{path}: not found; `dvc repro` makes it") from None


def rows(path: str) -> list[dict[Any, Any]]:
    """The rows of a table in a CSV file."""
    return pandas.read_csv(StringIO(text(path))).to_dict("records")


def listed(title: str, columns: dict[str, tuple[str, str]], found: list[dict[Any, Any]]) -> Table:
    """A table of the terminal; words to the left, numbers to the right."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name, form in columns.values():
        table.add_column(name, justify="right" if form else "left", no_wrap=True)
    for row in found:
        table.add_row(*(number(row.get(key), form) for key, (_, form) in columns.items()))
    return table


def headlines() -> Table:
    """The figures of metrics/summary.json."""
    figures = json.loads(text("metrics/summary.json"))
    found = [{"key": key, "value": value} for key, value in figures.items()]
    return listed("Headline figures", {"key": ("figure", ""), "value": ("value", ".4g")}, found)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    console = Console(width=width())
    images = [row | {"interval": interval(row)} for row in rows("metrics/leaderboard.csv")]
    tables = [
        headlines(),
        listed(IMAGES_TITLE, IMAGES, images),
        listed("Leaderboard: points", POINTS, rows("metrics/leaderboard-2d.csv")),
    ]
    for table in tables:
        console.print(table, "")


if __name__ == "__main__":
    sys.excepthook = ended
    main()
