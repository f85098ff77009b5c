"""README.md and pages of docs, from the templates in this folder and what was measured."""

from pathlib import Path
from typing import Any

from benchmarks.results import RESULTS
from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError

from report import (
    claims,
    instability_tables,
    leaderboard,
    params_reference,
    path_tables,
    samplers,
    studies,
    tables,
)
from report.graph import graph
from report.results import figures
from scorefield.core.errors import InputError
from scorefield.leaderboard.rules import RULES
from scorefield.pipeline.files import load_json


def fixed(value: float, places: int = 2) -> str:
    return f"{value:.{places}f}"


def significant(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}g}"


def percent(value: float, places: int = 0) -> str:
    return f"{100 * value:.{places}f} %"


def count(value: float) -> str:
    return f"{value:,.0f}"


def power(value: float, places: int = 1) -> str:
    return f"{value:.{places}e}"


def environment() -> Environment:
    """Where templates find tables, figures and formats. A missing figure is an error."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for form in (fixed, significant, percent, count, power):
        found.filters[form.__name__] = form
    names: dict[str, Any] = {"figures": figures, "measured": load_json(RESULTS), "graph": graph}
    names |= {"tables": tables, "instability_tables": instability_tables}
    names |= {
        "claims": claims,
        "claim": claims.claim,
        "params": params_reference,
        "path_tables": path_tables,
        "samplers": samplers,
        "leaderboard": leaderboard,
        "studies": studies,
        "rules": RULES,
    }
    found.globals |= names
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
