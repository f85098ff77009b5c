"""The tables of params.yaml, and what an entry of each holds: keys and the types of their values.

A key that names a method may be followed by a section of that method's name, which overrides the
top-level one; in a study every method of its kinds may have one.
"""

from typing import Annotated, Any, Literal, get_args

from annotated_types import Len

from scorefield.core.bounds import Count, Method, Natural, Positive, Seed
from scorefield.pipeline.value_types import Entry, NoiseSchedule

NAME = "[A-Za-z0-9][A-Za-z0-9_-]*"  # of entries: they become commands, files and keys
DataName = Annotated[str, Entry("data")]
ModelName = Annotated[str, Entry("models")]
GuidanceName = Annotated[str, Method("guidance")]
SamplerName = Annotated[str, Method("samplers")]
StepCounts = Annotated[list[Count], Len(1)]
Numbers = Annotated[list[float], Len(1)]
Fields = dict[str, Any]  # key -> type

RUN: Fields = {
    "data": DataName,
    "model": ModelName,
    "evaluator": ModelName,
    "guidance": GuidanceName,
    "sampler": SamplerName,
    "n": Count,
    "seed": Seed,
}
TABLES: dict[str, Fields] = {
    "data": {"source": Annotated[str, Method("data")]},
    "models": {
        "data": DataName,
        "net": Annotated[str, Method("nets")],
        "objective": Annotated[str, Method("objectives")],
        "schedule": Annotated[str, NoiseSchedule()],
        "seed": Seed,
    },
    "runs": RUN,
    "runs_with_guide": RUN | {"guide": ModelName},
    "few_steps": {
        "data": DataName,
        "model": ModelName,
        "baseline": ModelName,
        "evaluator": ModelName,
        "steps": dict[Literal["ddim", "ancestral", "heun"], StepCounts],  # of each sampler
        "seeds": Annotated[list[Seed], Len(1)],
        "n": Count,
    },
    "instability": {
        "data": DataName,
        "model": ModelName,
        "control": ModelName,
        "withheld": ModelName,
        "evaluator": ModelName,
        "levels": Annotated[list[Positive], Len(1)],
        "n": Count,
        "seed": Seed,
    },
    "matching": {
        "data": DataName,
        "model": ModelName,
        "partner": ModelName,
        "guide": ModelName,
        "joint": ModelName,
        "evaluator": ModelName,
        "sampler": SamplerName,
        "steps": Count,
        "scale": float,
        "n": Count,
        "seed": Seed,
    },
    "matching_guides": {
        "study": Annotated[str, Entry("matching")],
        "data": DataName,
        "model": ModelName,
        "guide": ModelName,
        "sampler": SamplerName,
        "steps": Count,
        "scales": Annotated[list[float], Len(1)],
        "n": Count,
        "seed": Seed,
    },
    "paths": {
        "data": DataName,
        "model": ModelName,
        "evaluator": ModelName,
        "guidance": Annotated[Literal["plain", "mean"], Method("guidance")],
        "levels": Annotated[list[Positive], Len(1)],
        "endpoints": Annotated[list[Annotated[list[str], Len(2, 2)]], Len(1)],
        "relax": Natural,
        "flow": Natural,
        "probes": Count,
        "seed": Seed,
    },
    "guidance_sweep": {
        "data": DataName,
        "model": ModelName,
        "control": ModelName,
        "withheld": ModelName,
        "evaluator": ModelName,
        "sampler": SamplerName,
        "steps": Count,
        "variants": Annotated[list[str], Len(1)],
        "scales": Numbers | dict[str, dict[str, Numbers]],
        "n": Count,
        "chunk": Count,
        "seed": Seed,
    },
}
SECTIONS: dict[str, Fields] = {  # of no method, with these keys
    "contest": {"data": DataName, "evaluator": ModelName},  # of entries that name none themselves
}
STUDIES = {
    "instability": ("instability",),
    "paths": ("paths",),
    "guidance_sweep": ("guidance", "samplers"),
}
SHARED = {  # sections of no method, and the functions whose knobs they hold
    "sampling": ("experiments/sampling.py", "sample_chunks"),
    "images": ("metrics/images.py", "images"),
    "points": ("metrics/points.py", "points"),
}


def mark(kind: Any) -> Entry | Method | NoiseSchedule | None:
    """What the values of a type name, if they name something."""
    found = [part for part in get_args(kind) if isinstance(part, Entry | Method | NoiseSchedule)]
    return found[0] if found else None


def methods_named(table: str) -> dict[str, str]:
    """The keys of a table's entries that name a method, and of which kind."""
    marks = {key: mark(kind) for key, kind in TABLES[table].items()}
    return {key: found.kind for key, found in marks.items() if isinstance(found, Method)}
