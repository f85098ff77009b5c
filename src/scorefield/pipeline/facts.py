"""What is known of datasets and models before any of them is made: from params.yaml, from what the
files of methods state of themselves, and from the configs of submitted models.

A file in `data` may state KIND, SHAPE, CLASSES, TRAIN (how many images are split), PAIRS and
FLIPS; one in `nets` ROLE, the KINDS of data that it takes and JUMPS; one in `objectives` ROLE,
DRAWS, JUMPS and SCHEDULE. What a file does not state is not known, and nothing is held against it.
"""

import ast
from dataclasses import dataclass, replace
from typing import Any

from scorefield.pipeline.signatures import constants, function, section_knobs
from scorefield.pipeline.stage_code import submitted

Params = dict[str, Any]


@dataclass(frozen=True)
class DataFacts:
    """A dataset: points, layouts or images; the shape (C, H, W) of an image, the number of its
    classes, whether it has pairs, and whether mirrored images are like the others. None where that
    is not known."""

    kind: str | None
    shape: tuple[int, ...] | None
    classes: int | None
    pairs: bool | None
    flips: bool = True


@dataclass(frozen=True)
class ModelFacts:
    """A model: whether its objective makes it a denoiser, a classifier or a ratio, what its network
    is and of which kinds of data, and the dataset it is trained on. `needed_schedule` is the one
    schedule that its objective takes; `jumps` is false where that objective needs a network of two
    times and this one takes one. `classes` is the number of labels that a denoiser takes or a
    classifier tells apart. None where that is not known."""

    net: str
    role: str | None
    net_role: str | None
    net_kinds: tuple[str, ...] | None
    numbers: Params
    data: str
    known: DataFacts
    schedule: str
    draws: bool
    needed_schedule: str | None = None
    jumps: bool = True

    @property
    def classes(self) -> int | None:
        """The number of classes; None where it is not known."""
        if self.net_role is None:
            return None
        found: int = self.numbers.get("classes", 0)
        return found


def numbers(params: Params, kind: str, name: str, spec: Params | None = None) -> Params:
    """The numbers of a method: its defaults, its section, and the section in an entry."""
    knobs = section_knobs(kind, name)
    defaults = {key: knob.default for key, knob in knobs.items() if not knob.required}
    return defaults | (params.get(name) or {}) | ((spec or {}).get(name) or {})


def data_facts(params: Params, name: str) -> DataFacts:
    """What is known of an entry of `data`."""
    spec = params["data"][name]
    stated, own = (
        constants(f"data/{spec['source']}.py"),
        numbers(params, "data", spec["source"], spec),
    )
    shape = stated.get("SHAPE")
    if shape is None and {"channels", "size"} <= own.keys():
        shape = own["channels"], own["size"], own["size"]
    paired = stated.get("PAIRS", bool(own.get("pair"))) if "KIND" in stated else None
    flips = stated.get("FLIPS", stated.get("KIND") in ("images", None))
    return DataFacts(stated.get("KIND"), shape, stated.get("CLASSES"), paired, flips)


def model_facts(params: Params, spec: Params) -> ModelFacts:
    """What is known of an entry of `models`. Raises InputError for a submitted model whose config
    cannot be read."""
    net, known = spec["net"], data_facts(params, spec["data"])
    own, config = numbers(params, "nets", net, spec), {}
    if "folder" in own:
        config = submitted(own["folder"])
        known = replace(known, shape=shape_in(config))
    while "net" in config:
        net, own = config["net"], config.get("numbers", {})
        config = own.get("resolved") or {}
    stated = constants(f"nets/{net}.py")
    trained = constants(f"objectives/{spec['objective']}.py")
    return ModelFacts(
        net=net,
        role=trained.get("ROLE"),
        net_role=stated.get("ROLE"),
        net_kinds=stated.get("KINDS"),
        numbers=own,
        data=spec["data"],
        known=known,
        schedule=spec["schedule"],
        draws=bool(trained.get("DRAWS")),
        needed_schedule=trained.get("SCHEDULE"),
        jumps="ROLE" not in stated or stated.get("JUMPS", False) or not trained.get("JUMPS"),
    )


def shape_in(config: Params) -> tuple[int, ...] | None:
    """The shape of a sample in the config of a model."""
    shapes = config.get("shapes")
    train = shapes.get("train") if isinstance(shapes, dict) else None
    return tuple(train[1:]) if isinstance(train, list) and len(train) == 4 else None


def body(kind: str, name: str) -> str:
    """The statements of a method that run whatever its settings are, as text."""
    held = [node for node in function(f"{kind}/{name}.py", name).body if type(node) is not ast.If]
    return "\n".join(map(ast.unparse, held))


def guide_role(guidance: str) -> str:
    """What the guide of a guidance is: a ratio where its type says so, else a denoiser."""
    given = function(f"guidance/{guidance}.py", guidance).args
    kinds = {each.arg: each.annotation for each in (*given.posonlyargs, *given.args)}
    said = kinds.get("guide")
    return "ratio" if said is not None and "LogRatio" in ast.unparse(said) else "denoiser"
