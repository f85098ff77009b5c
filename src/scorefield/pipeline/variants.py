"""What a guidance sweep tries at every scale, by name: a guidance or a sampler with a knob `scale`,
or such a method with some knobs fixed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scorefield.core.errors import InputError
from scorefield.core.registry import methods, near


@dataclass(frozen=True)
class Variant:
    """A guidance at a scale times `sign`, with the knobs that it fixes; or a sampler at a scale, in
    place of the sweep's own."""

    guidance: str = "plain"
    sampler: str | None = None
    sign: float = 1.0
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> tuple[str, str]:
        """The kind and the name of what it tries."""
        return ("samplers", self.sampler) if self.sampler else ("guidance", self.guidance)


FIXED = {
    "reversed": Variant("ibg", sign=-1.0),
    "fresh": Variant("random", fixed={"fresh": True}),
    "mue_sparse": Variant("mue", fixed={"sparse": True}),
}
DENOISERS = ("model", "control", "withheld")  # that an entry samples, in this order


def variant(name: str) -> Variant:
    """The variant of that name. Raises InputError for none."""
    known = {each: Variant(sampler=each) for each in methods("samplers")}
    known |= {each: Variant(each) for each in methods("guidance")} | FIXED
    if name not in known:
        raise InputError(f"no variant named '{name}'; {near(name, [*known])}")
    return known[name]


def variants(spec: Mapping[str, Any]) -> dict[str, Variant]:
    """The variants of an entry, by name: of names that all entries know, or of the entry's own
    names, each with a guidance and the knobs that it fixes, such as `wide: {ibg: {high: 12.0}}`.
    Raises InputError for a name that is no variant."""
    given = spec["variants"]
    if not isinstance(given, Mapping):
        return {name: variant(str(name)) for name in given}
    found = {}
    for name, one in given.items():
        if len(one) != 1:
            raise InputError(f"{name}: expected one guidance with its settings, found {len(one)}")
        ((method, fixed),) = one.items()
        known = variant(method)
        found[name] = replace(known, fixed={**known.fixed, **fixed})
    return found


def denoisers(spec: Mapping[str, Any]) -> dict[str, str]:
    """The models of an entry by their role. A model of many laws, some of them without their
    special mode, is also its own `withheld`, and stands here once."""
    found = {role: str(spec[role]) for role in DENOISERS}
    if found["withheld"] == found["model"]:
        del found["withheld"]
    return found


def cells(spec: Mapping[str, Any], role: str) -> list[tuple[str, float]]:
    """The variants that an entry tries on the denoiser of a role, in its order, each at its rising
    scales: one list for all of them, or one for each role and variant."""
    given, names = spec["scales"], spec["variants"]
    own = given.get(role, {}) if isinstance(given, Mapping) else dict.fromkeys(names, given)
    return [(name, each) for name in names for each in sorted(map(float, own.get(name, ())))]
