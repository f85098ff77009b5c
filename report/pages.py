"""README.md and pages of docs, from the templates beside this file and what was measured."""

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError

from report import leaderboard, tables
from report.tables import figures
from scorefield.core.errors import InputError
from scorefield.core.files import load_json
from scorefield.lab.benched import RESULTS
from scorefield.lab.rules import RULES

FORMATS: dict[str, Callable[..., str]] = {
    "fixed": lambda value, places=2: f"{value:.{places}f}",
    "significant": lambda value, digits=3: f"{value:.{digits}g}",
    "percent": lambda value, places=0: f"{100 * value:.{places}f} %",
    "count": lambda value: f"{value:,.0f}",
    "power": lambda value, places=1: f"{value:.{places}e}",
}


def environment() -> Environment:
    """Where templates find tables, figures and formats; a figure that is missing is an error."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= FORMATS
    found.globals |= {"figures": figures, "measured": load_json(RESULTS)}
    found.globals |= {"tables": tables, "leaderboard": leaderboard, "rules": RULES}
    return found


def pages() -> dict[str, str]:
    """The text of every page that has a template, by its path in the project. Raises InputError
    where a figure is missing."""
    templates, written = environment(), {}
    for name in templates.list_templates(filter_func=lambda name: name.endswith(".md.jinja")):
        try:
            written[name.removesuffix(".jinja")] = templates.get_template(name).render()
        except UndefinedError as error:
            raise InputError(f"report/{name}: {error}") from None
    return written
