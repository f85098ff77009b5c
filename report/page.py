"""The HTML page of leaderboard, findings, methods and provenance: one file, which works offline."""

import io
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from report.claims import claims
from report.findings import findings
from scorefield.leaderboard.rules import RULES
from scorefield.pipeline import params
from scorefield.pipeline.files import load_json, write
from scorefield.pipeline.provenance import cards, provenance

TEMPLATE = "page.html.jinja"
WIDEST, QUALITY = 1000, 78  # pixels; of WebP


@dataclass(frozen=True)
class Picture:
    """An image as a data URI, with its size in pixels."""

    source: str
    width: int
    height: int


@dataclass(frozen=True)
class Board:
    """A table that a reader can sort and filter: its rows, and its columns in order. A missing
    value is None."""

    rows: list[dict[Any, Any]]
    columns: list[str]


def embedded(path: str) -> Picture:
    """An image file as a data URI, at most as wide as a screen needs."""
    with Image.open(path) as image:
        shown = image.convert("RGB")
    shown.thumbnail((WIDEST, 3 * WIDEST))
    content = io.BytesIO()
    shown.save(content, "webp", quality=QUALITY, method=6)
    return Picture(f"data:image/webp;base64,{b64encode(content.getvalue()).decode()}", *shown.size)


def board(path: str) -> Board:
    """A table of metrics from its CSV file."""
    table = pandas.read_csv(path).convert_dtypes()
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return Board(rows, [*table])


def figure(value: float | None) -> str:
    """A number as a table shows it: whole numbers in full, others with three digits."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def render(template: str, **content: Any) -> str:
    """A page from its template in this folder; `content` is what the template names."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["figure"] = figure
    return environment.get_template(template).render(**content)


def write_page(path: str) -> None:
    """Write the page, from what the pipeline measured. Raises InputError where a result is
    missing."""
    page = render(
        TEMPLATE,
        findings=[(finding, embedded(finding.picture)) for finding in findings()],
        rules=RULES,
        images=board("metrics/leaderboard.csv"),
        points=board("metrics/leaderboard-2d.csv"),
        claims=claims(),
        cards=cards(params.load()),
        provenance=provenance(),
        params=Path("params.yaml").read_text(),
        figures={name: load_json(f"metrics/runs/{name}.json") for name in params.runs()},
    )
    write(path, page.encode())
