"""Tables as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """Rows below their head; the first columns, `words` of them, hold words, the others numbers."""
    rule = [*["---"] * words, *["---:"] * (len(head) - words)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rows))


def shown(value: Any, form: str = ".3g") -> str:
    """A number in its format, or nothing where there is none."""
    return "" if pandas.isna(value) else f"{value:{form}}"


def cell(figures: Mapping[Any, Any], key: str, places: int = 3) -> str:
    """A figure with its standard error."""
    return f"{figures[key]:.{places}f} ± {figures[f'{key}_se']:.{places}f}"
