"""The tables of params.yaml, and what an entry of each holds: keys and the types of their values.

A key that names a method may be followed by a section of that method's name, which overrides the
top-level one; in a study every method of its kinds may have one.
"""

from typing import Annotated, Any, Literal, get_args

from annotated_types import Len

from scorefield.core.bounds import Count, Method, Natural, Positive, Seed, Several, Width
from scorefield.pipeline.signatures import Knob
from scorefield.pipeline.value_types import Entry, NoiseSchedule

NAME = "[A-Za-z0-9][A-Za-z0-9_-]*"  # of entries: they become commands, files and keys
VARIANT = "[A-Za-z0-9][A-Za-z0-9_.-]*"  # of variants, which become files and keys
LONGEST = 100  # characters of such a name: files add to it, and have 255 at most
DataName = Annotated[str, Entry("data")]
ModelName = Annotated[str, Entry("models")]
GuidanceName = Annotated[str, Method("guidance")]
SamplerName = Annotated[str, Method("samplers")]
StepCounts = Annotated[list[Count], Len(1)]
Numbers = Annotated[list[float], Len(1)]
Fields = dict[str, Any]  # key -> type

MODEL: Fields = {
    "data": DataName,
    "net": Annotated[str, Method("nets")],
    "objective": Annotated[str, Method("objectives")],
    "schedule": Annotated[str, NoiseSchedule()],
}
RUN: Fields = {
    "data": DataName,
    "model": ModelName,
    "evaluator": ModelName,
    "guidance": GuidanceName,
    "sampler": SamplerName,
    "n": Several,
    "seed": Seed,
    "weights": Literal["last", "best"] | Width,
}
OPTIONAL = {"weights": "last"}  # keys of entries that may be left out, and what they then are
TABLES: dict[str, Fields] = {
    "data": {"source": Annotated[str, Method("data")]},
    "models": MODEL | {"seed": Seed},
    "runs": RUN,
    "runs_with_guide": RUN | {"guide": ModelName},
    "few_steps": {
        "data": DataName,
        "model": ModelName,
        "baseline": ModelName,
        "evaluator": ModelName,
        "steps": dict[str, StepCounts],  # of each sampler
        "seeds": Annotated[list[Seed], Len(1)],
        "n": Several,
    },
    "instability": {
        "data": DataName,
        "model": ModelName,
        "control": ModelName,
        "withheld": ModelName,
        "evaluator": ModelName,
        "levels": Annotated[list[Positive], Len(1)],
        "n": Several,
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
        "n": Several,
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
        "n": Several,
        "seed": Seed,
    },
    "ablation": MODEL
    | {
        "evaluator": ModelName,
        "variants": dict[str, dict[str, Any]],  # changes of the model, see `pipeline.ablations`
        "seeds": Annotated[list[Seed], Len(1)],
        "steps": dict[str, StepCounts],  # of each sampler; none for a ratio
        "n": Several,
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
        "variants": Annotated[list[str], Len(1)] | dict[str, dict[str, dict[str, Any]]],
        "scales": Numbers | dict[str, dict[str, Numbers]],
        "n": Several,
        "chunk": Count,
        "seed": Seed,
    },
}
DATA_KINDS = {  # of the data that the entries of a table are on
    "runs": ("points", "images"),
    "runs_with_guide": ("points", "images"),
    "few_steps": ("points", "images"),
    "ablation": ("points", "images"),
    "instability": ("layouts", "images"),
    "matching": ("points", "images"),
    "matching_guides": ("points", "images"),
    "paths": ("points", "images"),
    "guidance_sweep": ("layouts", "images"),
}
MODEL_ROLES = {  # the keys of an entry that name models, and what these have to be
    **dict.fromkeys(("model", "baseline", "control", "withheld", "partner"), "denoiser"),
    "joint": "ratio",
}
DRAWN_ALIKE = ("data", "sampler", "steps", "n", "seed")  # by a matching study and its guides
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
    "watch": ("experiments/watch.py", "watch"),
    "generality": ("experiments/generality.py", "generality"),
}
OVERRIDDEN = {"models": ("watch",)}  # of these, the sections that an entry of a table may have


def entry_knobs(table: str) -> dict[str, Knob]:
    """The keys of a table's entries."""
    return {key: Knob(kind, OPTIONAL.get(key, ...)) for key, kind in TABLES[table].items()}


def mark(kind: Any) -> Entry | Method | NoiseSchedule | None:
    """What the values of a type name, if they name something."""
    found = [part for part in get_args(kind) if isinstance(part, Entry | Method | NoiseSchedule)]
    return found[0] if found else None


def methods_named(table: str) -> dict[str, str]:
    """The keys of a table's entries that name a method, and of which kind."""
    marks = {key: mark(kind) for key, kind in TABLES[table].items()}
    return {key: found.kind for key, found in marks.items() if isinstance(found, Method)}
