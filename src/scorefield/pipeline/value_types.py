"""Types of values in params.yaml: marks for names that must exist, and types in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from reprlib import Repr
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Interval, Le, Len, Lt, MultipleOf

from scorefield.core.bounds import Method


@dataclass(frozen=True)
class Entry:
    """Marks a key whose value names an entry of a table."""

    table: str


@dataclass(frozen=True)
class NoiseSchedule:
    """Marks a key whose value names a noise schedule of core/schedule.py."""


SIMPLE = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    dict: "a section of keys",
    Any: "anything",
    NoneType: "nothing",
}

SHORT = Repr()
SHORT.maxstring = SHORT.maxother = SHORT.maxlong = 80


def words(kind: Any) -> str:
    """Such as "a number above 0 and at most 1", "one of x0, eps, v", "a list of 2, each text"."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return annotated(*inside)
    if origin is Literal:
        return f"one of {', '.join(map(str, inside))}"
    if origin in (Union, UnionType):
        return " or ".join(words(part) for part in inside if get_origin(part) is not Callable)
    if origin in (list, Sequence):
        return listed(inside[0])
    return SIMPLE.get(origin or kind, str(kind))


def annotated(base: Any, *marks: Any) -> str:
    """The words of a type with its bounds, or of a name that has to exist."""
    limits = []
    for mark in marks:
        match mark:
            case Entry(table):
                return f"the name of an entry of {table}"
            case Method(kind):
                return f"the name of a file in src/scorefield/{kind}"
            case NoiseSchedule():
                return "the name of a noise schedule"
            case Len(min_length=least, max_length=most):
                return listed(get_args(base)[0], least, most)
        limits += phrases(mark)
    said = " and ".join(limits)
    joint = " of " if said.startswith("at") else " "
    return words(base) + (joint + said if said else "")


def listed(item: Any, least: int = 0, most: int | None = None) -> str:
    """The words of a list of so many items of a type."""
    count = str(least) if least == most else f"at least {least}" if least else f"at most {most}"
    return f"a list{f' of {count}' if least or most else ''}, each {words(item)}"


def bounded(kind: Any) -> bool:
    """Whether a type has a bound from above, of its own or of its items."""
    return any(isinstance(part, Interval | Le | Lt) or bounded(part) for part in get_args(kind))


def numbers_in(value: Any) -> list[float]:
    """The numbers of a value, also those in lists and sections."""
    if isinstance(value, dict):
        return numbers_in([*value.values()])
    if isinstance(value, list | tuple):
        return [number for each in value for number in numbers_in(each)]
    return [value] if isinstance(value, int | float) else []


def shown(value: Any) -> str:
    """A value as an error shows it, in short."""
    return SHORT.repr(value)


def phrases(mark: Any) -> list[str]:
    """The limits that one mark sets, in words."""
    match mark:
        case Interval():
            return [phrase for limit in mark for phrase in phrases(limit)]
        case Gt(gt=bound):
            return [f"above {bound}"]
        case Ge(ge=bound):
            return [f"at least {bound}"]
        case Lt(lt=bound):
            return [f"below {bound}"]
        case Le(le=bound):
            return [f"at most {bound}"]
        case MultipleOf(multiple_of=part):
            return [f"a multiple of {part}"]
    return []
