"""A page of leaderboard, findings, methods and provenance. Usage: python stages/report.py"""

from pathlib import Path

import pandas

from scorefield.core import params
from scorefield.core.files import command, load_json
from scorefield.lab.findings import findings
from scorefield.lab.provenance import cards, provenance
from scorefield.lab.rules import RULES
from scorefield.plots.report import report


def rows(path: str) -> tuple[list[dict], list[str]]:
    """A table's rows, with None for what is missing, and its columns."""
    table = pandas.read_csv(path).convert_dtypes()
    return table.astype(object).where(table.notna(), None).to_dict("records"), [*table]


def main() -> None:
    (contest, contest_columns), (plane, plane_columns) = map(
        rows, ("metrics/leaderboard.csv", "metrics/plane.csv")
    )
    settings = params.load()
    report(
        "plots/report.html",
        findings(),
        rules=RULES,
        contest=contest,
        contest_columns=contest_columns,
        plane=plane,
        plane_columns=plane_columns,
        cards=cards(settings),
        provenance=provenance(),
        params=Path("params.yaml").read_text(),
        figures={name: load_json(f"metrics/runs/{name}.json") for name in params.runs()},
    )


if __name__ == "__main__":
    command(main)
