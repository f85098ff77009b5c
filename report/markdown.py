"""Tables as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas


def table(head: Sequence[str], rows: Iterable[Sequence[str]], text_columns: int = 1) -> str:
    """A table with its head. The first `text_columns` are aligned left, the other columns right."""
    rule = [*["---"] * text_columns, *["---:"] * (len(head) - text_columns)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rows))


def number(value: Any, form: str = ".3g") -> str:
    """A number in its format, or nothing where there is none."""
    return "" if pandas.isna(value) else f"{value:{form}}"


def with_error(figures: Mapping[Any, Any], key: str, places: int = 3) -> str:
    """A figure with its standard error."""
    return f"{figures[key]:.{places}f} ± {figures[f'{key}_se']:.{places}f}"


def scored(figures: Mapping[Any, Any], key: str) -> str:
    """A figure with its 95 % interval or its standard error, where it has one."""
    if f"{key}_low" in figures:
        low, high = number(figures[f"{key}_low"]), number(figures[f"{key}_high"])
        return f"{number(figures[key])} ({low} to {high})"
    return with_error(figures, key) if f"{key}_se" in figures else number(figures[key])
