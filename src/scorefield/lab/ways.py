"""The ways of a sweep: what is tried at every scale, by name.

A way is a guidance or a sampler with a knob `scale`, or one of a few variants.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scorefield.core.errors import InputError
from scorefield.core.registry import methods, near


@dataclass(frozen=True)
class Way:
    """A guidance at a scale times `sign`, with the knobs that it fixes; or a sampler at a scale, in
    place of the sweep's own."""

    guidance: str = "plain"
    sampler: str | None = None
    sign: float = 1.0
    fixed: Mapping[str, Any] = field(default_factory=dict)


VARIANTS = {"reversed": Way("ibg", sign=-1.0), "fresh": Way("random", fixed={"fresh": True})}


def way(name: str) -> Way:
    """The way of that name. Raises InputError for none."""
    known = {each: Way(sampler=each) for each in methods("samplers")}
    known |= {each: Way(each) for each in methods("guidance")} | VARIANTS
    if name not in known:
        raise InputError(f"no way named '{name}'; {near(name, [*known])}")
    return known[name]
