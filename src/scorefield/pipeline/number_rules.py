"""How the numbers of one section or of one entry have to fit together."""

from collections.abc import Iterator
from typing import Any

ORDERED = (("low", "high"), ("least", "most"), ("narrow", "wide"))
SETS = (  # lists in which a value stands once
    *("withhold", "rare", "seeds", "levels", "scales", "variants", "endpoints"),
)
MOST_STEPS = 1_000_000  # of one path


def number_problems(where: str, own: dict[str, Any]) -> Iterator[str]:
    """What does not fit in numbers by their keys; `where` is the section or the entry."""
    for low, high in ORDERED:
        if low in own and high in own and not own[low] < own[high]:
            yield f"{where}.{low}: expected less than {high}, {own[high]}, found {own[low]}"
    for key in SETS:
        found = own.get(key)
        listed = found if isinstance(found, list | tuple) else ()
        if any(each in listed[:i] for i, each in enumerate(listed)):
            yield f"{where}.{key}: expected each value once, found {found}"
    share = len(own.get("rare", ())) * own.get("rare_share", 0) if "rare_share" in own else 0
    if share >= 1:
        yield f"{where}.rare_share: expected less than 1 for all rare classes, found {share}"
    if own.get("steps") == 0 and own.get("lr"):
        yield f"{where}.steps: expected at least 1, or lr: 0.0 for a network that is not trained"
    if own.get("m") == 1 and own.get("lam"):
        yield f"{where}.m: expected at least 2 draws for the interaction, or lam: 0.0, found 1"
    if "heads" in own and own["width"] % (4 * own["heads"]):
        least = 4 * own["heads"]
        yield f"{where}.width: expected a multiple of 4 x heads, {least}, found {own['width']}"
    if own.get("duration", 0) > MOST_STEPS * own.get("step", 1):
        yield f"{where}.step: expected at most {MOST_STEPS:,} steps, found {own['step']} a step"
