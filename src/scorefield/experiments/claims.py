"""The claims of claims.yaml, and what the figures of the pipeline say about each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas
import torch

from scorefield.core.errors import InputError
from scorefield.core.registry import near
from scorefield.metrics.bootstrap import Z
from scorefield.metrics.verdicts import Estimate, Range, needed_n, paired_estimate, verdict
from scorefield.pipeline.files import load_json, load_table
from scorefield.pipeline.params import load

STUDIES = Path("studies")  # results of long studies, see scripts/study.py


@dataclass(frozen=True)
class Rows:
    """A paired comparison of rows of a table: `column` where `by` is `of`, less that where it is
    `against`, over the rows that share the values of `pairs`; of logarithms, if `log`."""

    column: str
    by: str
    of: Any
    against: Any
    pairs: tuple[str, ...]
    where: Mapping[str, Any] = field(default_factory=dict)
    log: bool = False


@dataclass(frozen=True)
class Claim:
    """A statement, its source, and what tests it: `figure` of <study>.json, or `rows` of
    <study>.csv, below metrics/ or, of a long study, below studies/. From a figure `minus` is taken
    where there is one, of `minus_study` if that is another one. The claim is that the effect is
    `above`, `below` or between these values; `matters` is the least effect that would be worth
    having. `n` and `seeds` name a figure of the study or a key of params.yaml."""

    id: str
    family: str
    statement: str
    source: str
    study: str
    metric: str
    control: str
    figure: str = ""
    minus: str = ""
    minus_study: str = ""
    rows: Rows | None = None
    above: float = -math.inf
    below: float = math.inf
    matters: float | None = None
    n: str = ""
    seeds: str = ""


def claim(given: Mapping[str, Any]) -> Claim:
    """A claim from its entry in claims.yaml. Raises InputError for what is missing, unknown or does
    not fit together."""
    try:
        rows = Rows(**given["rows"]) if "rows" in given else None
        found = Claim(**{**given, "rows": rows})
        Range(found.above, found.below, found.matters)
    except (TypeError, InputError) as error:
        raise InputError(f"claims.{given.get('id', '?')}: {error}") from None
    if bool(found.figure) == bool(found.rows):
        raise InputError(f"claims.{found.id}: expected one of figure and rows")
    return found


def of_figures(
    known: Claim, figures: Mapping[str, float], others: Mapping[str, float], n: int
) -> Estimate:
    """The claim's figure, or the difference of its two figures, which are taken as independent.
    `others` are those of its `minus`. Raises InputError for a figure that is unknown or has no
    error."""
    effect, half = with_half(figures, known.figure)
    if known.minus:
        other, other_half = with_half(others, known.minus)
        effect, half = effect - other, math.hypot(half, other_half)
    return Estimate(effect, effect - half, effect + half, n)


def with_half(figures: Mapping[str, float], key: str) -> tuple[float, float]:
    """A figure and half of its 95 % interval."""
    if key not in figures:
        raise InputError(f"no figure '{key}'; {near(key, [*figures])}")
    if f"{key}_low" in figures:
        return figures[key], (figures[f"{key}_high"] - figures[f"{key}_low"]) / 2
    if f"{key}_se" in figures:
        return figures[key], Z * figures[f"{key}_se"]
    raise InputError(f"the figure '{key}' has no standard error and no interval")


def of_rows(rows: Rows, table: pandas.DataFrame) -> Estimate:
    """The mean of the paired differences of rows. Raises InputError for a column or a value that
    the table does not have, and for rows that are not one for each pair."""
    wanted = [rows.column, rows.by, *rows.pairs, *rows.where]
    if missing := [key for key in wanted if key not in table]:
        raise InputError(f"no column '{missing[0]}'; {near(missing[0], [*table])}")
    for key, value in rows.where.items():
        table = table[table[key] == value]
    if table.duplicated([rows.by, *rows.pairs]).any():
        raise InputError(f"several rows have the same {rows.by} and {', '.join(rows.pairs)}")
    wide = table.pivot(index=list(rows.pairs), columns=rows.by, values=rows.column)
    if missing := [each for each in (rows.of, rows.against) if each not in wide]:
        raise InputError(f"no rows whose {rows.by} is '{missing[0]}'")
    both = torch.tensor(wide[[rows.of, rows.against]].dropna().to_numpy().copy())
    both = both.log() if rows.log else both
    return paired_estimate(both[:, 0] - both[:, 1])


def number(name: str, figures: Mapping[str, float], params: Mapping[str, Any]) -> int:
    """The value of a figure, or of a dotted key of the parameters; of a list, its length. Raises
    InputError for another name."""
    if name in figures:
        return int(figures[name])
    found: Any = params
    for key in name.split("."):
        if not isinstance(found, Mapping) or key not in found:
            raise InputError(f"no figure and no parameter named '{name}'")
        found = found[key]
    return len(found) if isinstance(found, list) else int(found)


def place(study: str) -> str:
    """The files of a study, without their ending: below metrics/, or those of a long study."""
    return study if study.startswith(f"{STUDIES}/") else f"metrics/{study}"


@cache
def figures_of(study: str) -> dict[str, float]:
    """The figures of a study."""
    found: dict[str, float] = load_json(f"{place(study)}.json")
    return found


def settings(study: str) -> Mapping[str, Any]:
    """What a study was computed with: params.yaml, or the entries on the card of a long study."""
    if not study.startswith(f"{STUDIES}/"):
        return load()
    tables: dict[str, dict[str, Any]] = {}
    for name, entry in load_json(Path(study).parent / "card.json")["params"].items():
        table, _, key = name.partition(".")
        tables.setdefault(table, {})[key] = entry
    return tables


def estimated(known: Claim) -> tuple[Estimate, int]:
    """The effect that tests a claim, and its number of seeds."""
    figures, params = figures_of(known.study), settings(known.study)
    if known.rows:
        found = of_rows(known.rows, load_table(f"{place(known.study)}.csv"))
    else:
        others = figures_of(known.minus_study) if known.minus_study else figures
        found = of_figures(known, figures, others, number(known.n, figures, params))
    return found, number(known.seeds, figures, params) if known.seeds else 1


def both(known: Claim) -> tuple[float | None, float | None]:
    """The two figures whose difference is the effect; None where there is no such figure."""
    if known.rows:
        return None, None
    others = figures_of(known.minus_study or known.study)
    return figures_of(known.study)[known.figure], others.get(known.minus)


def decided(known: Claim) -> dict[str, Any]:
    """A claim with its effect, 95 % interval, n, seeds, verdict and, where it is undecided, the n
    that would decide it; `value` and `against` are the figures that the effect is the difference
    of. Raises InputError, with the claim's id, for figures that are missing."""
    try:
        found, seeds = estimated(known)
    except InputError as error:
        raise InputError(f"claims.{known.id} ({place(known.study)}): {error}") from None
    claimed = Range(known.above, known.below, known.matters)
    value, against = both(known)
    told = ("id", "family", "statement", "source", "study", "metric", "control")
    return {key: getattr(known, key) for key in told} | {
        "value": value,
        "against": against,
        "effect": found.effect,
        "low": found.low,
        "high": found.high,
        "n": found.n,
        "seeds": seeds,
        "verdict": verdict(claimed, found),
        "needed_n": needed_n(claimed, found),
    }
