"""The report: one page that needs no network."""

import io
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from scorefield.core.files import write

WIDEST, QUALITY = 1000, 78  # pixels; of WebP


@dataclass(frozen=True)
class Picture:
    """An image as a data URI, with its size in pixels."""

    source: str
    width: int
    height: int


def embedded(path: str) -> Picture:
    """An image file, made no wider than a screen needs."""
    with Image.open(path) as image:
        shown = image.convert("RGB")
    shown.thumbnail((WIDEST, 3 * WIDEST))
    content = io.BytesIO()
    shown.save(content, "webp", quality=QUALITY, method=6)
    return Picture(f"data:image/webp;base64,{b64encode(content.getvalue()).decode()}", *shown.size)


def figure(value: float | None) -> str:
    """A number as a table shows it: counts whole, others with three digits."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def report(path: str, findings: list[Any], **content: Any) -> None:
    """Write the page from its template; `content` is what that names."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["figure"] = figure
    shown = [(finding, embedded(finding.picture)) for finding in findings]
    page = environment.get_template("report.jinja").render(findings=shown, **content)
    write(path, page.encode())
