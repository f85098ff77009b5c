"""How the values of params.yaml have to fit together: numbers of one section, a model and its
data, an entry and its models. Each value is of its own type already, see `validation`.
"""

import ast
from collections.abc import Iterator
from itertools import product

from scorefield.core.errors import InputError
from scorefield.core.registry import KINDS, methods
from scorefield.pipeline.ablations import model_of
from scorefield.pipeline.catalogue import (
    DATA_KINDS,
    DRAWN_ALIKE,
    MODEL_ROLES,
    SHARED,
    TABLES,
)
from scorefield.pipeline.facts import (
    DataFacts,
    ModelFacts,
    Params,
    body,
    data_facts,
    guide_role,
    model_facts,
    numbers,
)
from scorefield.pipeline.number_rules import number_problems
from scorefield.pipeline.params import RUNS
from scorefield.pipeline.signatures import constants, function, guide, knobs

EVALUATORS = {"images": "classifier", "points": "denoiser", "layouts": "denoiser", None: None}
PAIRED = ("matching", "matching_guides")  # studies of data with pairs


def relation_problems(params: Params) -> Iterator[str]:
    """One line for each thing that does not fit."""
    yield from section_problems(params)
    data = {name: data_facts(params, name) for name in params["data"]}
    for name in data:
        yield from data_problems(params, name)
    models = {}
    for name in params["models"]:
        try:
            models[name] = model_facts(params, params["models"][name])
        except InputError as error:
            yield f"models.{name}: {error}"
            return
        yield from model_problems(f"models.{name}", models[name], data[models[name].data])
    least = params["images"].get("neighbours", knobs(*SHARED["images"])["neighbours"].default)
    for table in DATA_KINDS:
        for name, spec in params[table].items():
            where, known = f"{table}.{name}", data[spec["data"]]
            yield from entry_problems(where, table, spec, known, models)
            if known.kind == "images" and table in RUNS and spec["n"] <= least:
                yield f"{where}.n: expected more than images.neighbours, {least}, found {spec['n']}"
    yield from ablation_problems(params, data)
    yield from run_problems(params)
    yield from draw_problems(params["matching"], params["matching_guides"])


def section_problems(params: Params) -> Iterator[str]:
    """What does not fit in the numbers of one method, at the top or in an entry."""
    for kind in KINDS:
        for name in (name for name in methods(kind) if name in params):
            yield from number_problems(name, numbers(params, kind, name))
    yield from number_problems("points", params["points"])
    for table in TABLES:
        for entry, spec in params[table].items():
            fields = {key: value for key, value in spec.items() if key in TABLES[table]}
            yield from number_problems(f"{table}.{entry}", fields)
            for kind, name in product(KINDS, spec):
                if name in methods(kind) and name not in TABLES[table]:
                    found = numbers(params, kind, name, spec)
                    yield from number_problems(f"{table}.{entry}.{name}", found)


def data_problems(params: Params, name: str) -> Iterator[str]:
    """What does not fit in an entry of `data`."""
    spec = params["data"][name]
    stated = constants(f"data/{spec['source']}.py")
    own, images = numbers(params, "data", spec["source"], spec), stated.get("TRAIN")
    where = f"data.{name}: {spec['source']}"
    if isinstance(images, dict):
        images = images[own["origin"]]
    least = stated.get("CLASSES", 1)
    if images and not least <= own["validation"] < images:
        yield (
            f"{where}.validation: expected at least {least} and fewer than the {images:,} images "
            f"that are split, found {own['validation']}"
        )
    needed = [key for key in ("path", "folder") if key in own and own.get("origin") != "embedded"]
    if "path" in needed or own.get("origin") == "folder":
        key = needed[0]
        if not own[key]:
            yield f"{where}.{key}: expected the place of the files, found nothing"


def model_problems(where: str, model: ModelFacts, data: DataFacts) -> Iterator[str]:
    """What does not fit in an entry of `models`: its network, objective and data."""
    if None not in (model.role, model.net_role) and model.role != model.net_role:
        yield (
            f"{where}.objective: it trains a {model.role}, and the network {model.net} is a "
            f"{model.net_role}"
        )
    own = model.schedule == "own"
    if own and not constants(f"nets/{model.net}.py").get("OWN_SCHEDULE"):
        yield f"{where}.schedule: own is for pretrained networks, not for {model.net}"
    if model.needed_schedule not in (None, model.schedule):
        yield f"{where}.schedule: its objective needs {model.needed_schedule}, not {model.schedule}"
    if model.numbers.get("flip") and not data.flips:
        yield f"{where}: {model.net}.flip is for natural images, not for '{model.data}'"
    if not model.jumps:
        yield f"{where}.objective: it needs a network of two times; {model.net} takes one"
    if data.kind and model.net_kinds and data.kind not in model.net_kinds:
        takes = " or ".join(model.net_kinds)
        yield f"{where}.net: {model.net} takes {takes}; '{model.data}' are {data.kind}"
        return
    if model.net_role == "ratio" and data.pairs is False:
        yield f"{where}.data: a ratio needs pairs; '{model.data}' has none"
    if data.classes and model.classes and model.classes < data.classes:
        yield (
            f"{where}: expected at least {data.classes} classes, those of '{model.data}'; "
            f"{model.net}.classes is {model.classes}"
        )
    side = data.shape[-1] if data.shape else 0
    if part := undivided(model.numbers, side):
        yield f"{where}: {side} pixels a side are no multiple of {part}, see {model.net}"
    if model.known.shape and data.shape and model.known.shape != data.shape:
        yield f"{where}: made for images of {model.known.shape}; those of the data are {data.shape}"


def ablation_problems(params: Params, data: dict[str, DataFacts]) -> Iterator[str]:
    """What does not fit in the models that ablations train."""
    for name, spec in params["ablation"].items():
        for variant in spec["variants"]:
            where, own = f"ablation.{name}.variants.{variant}", model_of(spec, variant)
            yield from model_problems(where, model_facts(params, own), data[own["data"]])
            for kind, key in (("nets", "net"), ("objectives", "objective")):
                yield from number_problems(where, numbers(params, kind, own[key], own))


def undivided(own: Params, side: int) -> int:
    """The number that an image's side has to be a multiple of and is not; 0 where it is."""
    levels = own.get(str(own.get("size")), [1])
    part: int = own.get("fold", 1) * 2 ** (len(levels) - 1) * own.get("patch", 1)
    return part if side % part else 0


def entry_problems(
    where: str, table: str, spec: Params, data: DataFacts, every: dict[str, ModelFacts]
) -> Iterator[str]:
    """What does not fit in an entry that uses models; `every` are the models of params.yaml."""
    if data.kind and data.kind not in DATA_KINDS[table]:
        takes = " or ".join(DATA_KINDS[table])
        yield f"{where}.data: expected {takes}; '{spec['data']}' are {data.kind}"
        return
    models = {
        key: every[spec[key]]
        for key in (*MODEL_ROLES, "guide", "evaluator")
        if key in spec and (key != "guide" or table not in RUNS or takes_guide(spec))
    }
    roles: dict[str, str | None] = {**MODEL_ROLES, "evaluator": EVALUATORS.get(data.kind)}
    guidance = spec.get("guidance")
    if guidance and constants(f"guidance/{guidance}.py").get("NETWORK") is False:
        del models["model"]  # it is only named
    if table != "matching_guides":
        roles["guide"] = guide_role(spec["guidance"]) if "guidance" in spec else "ratio"
    elif spec["guide"] == spec["model"]:
        roles["guide"] = "denoiser"  # with labels
    paired = table in PAIRED or (table in RUNS and roles["guide"] == "ratio" and "guide" in spec)
    if paired and data.pairs is False:
        yield f"{where}.data: expected data with pairs; '{spec['data']}' has none"
    for key, model in models.items():
        expected = roles.get(key, "ratio")
        yield from role_problems(f"{where}.{key}", spec, key, expected, model, data)
        if key in ("guide", "joint") and model.schedule != every[spec["model"]].schedule:
            yield f"{where}.{key}: expected the schedule of '{spec['model']}'"
    if "model" in models:
        yield from method_problems(where, table, spec, models)


def takes_guide(run: Params) -> bool:
    """Whether the guidance of a run takes a guide."""
    return guide(run["guidance"]) != "none"


def role_problems(
    where: str, spec: Params, key: str, role: str | None, model: ModelFacts, data: DataFacts
) -> Iterator[str]:
    """What does not fit between an entry, its data and one of its models."""
    law = key == "evaluator" and data.kind in ("points", "layouts")
    known = model.known
    if None not in (role, model.role) and model.role != role:
        yield f"{where}: expected a {role}; '{spec[key]}' is a {model.role}"
    elif None not in (known.kind, data.kind) and known.kind != data.kind:
        yield f"{where}: '{spec[key]}' is of {known.kind}; '{spec['data']}' are {data.kind}"
    elif None not in (known.shape, data.shape) and known.shape != data.shape:
        yield f"{where}: '{spec[key]}' is for images of {known.shape}, not of {data.shape}"
    elif law and (model.net != "exact" or model.data != spec["data"]):
        yield f"{where}: expected a model with net: exact and data: {spec['data']}"
    elif data.kind == "layouts" and model.data != spec["data"]:
        yield f"{where}: expected a model of '{spec['data']}', the same layouts"
    elif key == "evaluator" and data.classes and (model.classes or data.classes) < data.classes:
        yield f"{where}: it tells {model.classes} classes apart; the data have {data.classes}"


def method_problems(
    where: str, table: str, spec: Params, models: dict[str, ModelFacts]
) -> Iterator[str]:
    """What does not fit between an entry's methods and its models."""
    model, guidance, sampler = models["model"], spec.get("guidance"), spec.get("sampler")
    if table == "instability" and models["control"].net != "exact":
        yield f"{where}.control: expected a model with net: exact"
    if table == "matching_guides" and models["guide"].role == "denoiser" and model.classes == 0:
        yield f"{where}.guide: expected a ratio, or the model itself where that takes labels"
    if table == "matching" and models["joint"].numbers.get("condition", "same_t") != "same_t":
        yield f"{where}.joint: expected a ratio with condition: same_t"
    whole = ast.unparse(function(f"guidance/{guidance}.py", guidance)) if guidance else ""
    if "classes_of(" in whole and model.classes == 0:
        yield f"{where}.guidance: {guidance} needs a model that takes labels, not {model.net}"
    draws = model.draws and "posterior_mean(" not in whole
    for kind, method in (("guidance", guidance), ("samplers", sampler)):
        if draws and method and "needs_mean(" in body(kind, method):
            yield (
                f"{where}: {method} needs a posterior mean, and '{spec['model']}' draws; use a "
                "model that does not, or guidance: mean"
            )


def run_problems(params: Params) -> Iterator[str]:
    """Runs that stand in the wrong table, or in both."""
    runs, guided = (params[table] for table in RUNS)
    for name, spec in runs.items():
        if guide(spec["guidance"]) == "needed":
            yield f"runs.{name}: its guidance needs a guide; it belongs into runs_with_guide"
    for name, spec in guided.items():
        if guide(spec["guidance"]) == "none":
            yield f"runs_with_guide.{name}: its guidance takes no guide; it belongs into runs"
        if name in runs:
            yield f"runs_with_guide.{name}: there is a run of that name in runs"


def draw_problems(studies: Params, guides: Params) -> Iterator[str]:
    """Guides that do not draw as their study does: its unguided samples are for all of them."""
    for name, spec in guides.items():
        known = studies[spec["study"]]
        for key in (key for key in DRAWN_ALIKE if spec[key] != known[key]):
            yield f"matching_guides.{name}.{key}: expected {known[key]} as in its study"
