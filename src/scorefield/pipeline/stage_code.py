"""What a stage runs for an entry: its script, the methods that the entry names, and all that these
import, as one hash.

DVC does not follow imports. The stage `fingerprint` writes these hashes to `code/`, and the other
stages depend on them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scorefield.core.bounds import Method
from scorefield.core.errors import InputError
from scorefield.core.registry import SOURCE, methods
from scorefield.pipeline.ablations import model_of
from scorefield.pipeline.catalogue import SHARED, TABLES, mark
from scorefield.pipeline.code_hash import fingerprint
from scorefield.pipeline.params import RUNS, shipped
from scorefield.pipeline.signatures import knobs, section_knobs
from scorefield.pipeline.value_types import Entry
from scorefield.pipeline.variants import Variant, variants

Named = tuple[str, str]  # a method: its kind and its name


@dataclass(frozen=True)
class Stage:
    """The tables whose entries a script of stages/ runs on, and what it takes by name: the methods
    under these keys of an entry (of a model its network), and every method of these kinds."""

    tables: tuple[str, ...]
    keys: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


STAGES = {
    "prepare": Stage(("data",), ("source",)),
    "train": Stage(("models",), ("net", "objective")),
    "sample": Stage(RUNS, ("guidance", "sampler")),
    "evaluate": Stage(RUNS, ("evaluator",)),
    "few_steps": Stage(("few_steps",), ("evaluator", "steps")),
    "few_steps_report": Stage(("few_steps",), ("evaluator",)),
    "ablation": Stage(("ablation",), ("evaluator", "steps")),
    "ablation_report": Stage(("ablation",), ("evaluator",)),
    "instability": Stage(("instability",), ("control",), ("instability",)),
    "instability_report": Stage(("instability",), ("evaluator",)),
    "matching": Stage(("matching",), ("sampler",)),
    "matching_guides": Stage(("matching_guides",), ("sampler", "guide")),
    "matching_report": Stage(("matching",), ("evaluator",)),
    "paths": Stage(("paths",), ("guidance",)),
    "paths_report": Stage(("paths",), ("evaluator",)),
    "guidance_sweep": Stage(("guidance_sweep",), ("sampler", "variants")),
    "guidance_sweep_report": Stage(("guidance_sweep",), ("evaluator",)),
}
# studies that read no top-level sections of these kinds
OWN = {"instability": ("instability",), "guidance_sweep": ("guidance",)}


def named(script: str, table: str, spec: dict[str, Any], params: dict[str, Any]) -> set[Named]:
    """The methods that a stage takes by name for an entry, those that their knobs name included."""
    stage = STAGES[script]
    if script == "ablation":
        trainings = (model_of(spec, variant) for variant in spec["variants"])
        of_models = (named("train", "models", each, params) for each in trainings)
        return set().union(*of_models, of_keys(stage, table, spec, params))
    watched = of_watch(spec, params) if script == "train" else set()
    return of_keys(stage, table, spec, params) | watched


def of_keys(stage: Stage, table: str, spec: dict[str, Any], params: dict[str, Any]) -> set[Named]:
    """The methods that an entry names by the keys of a stage, and those that their knobs name."""
    found = {(kind, name) for kind in stage.kinds for name in methods(kind)}
    for key in stage.keys:
        marked = mark(TABLES[table][key])
        if key == "net":
            found |= {("nets", net) for net in networks(spec)}
        elif isinstance(marked, Method):
            found.add((marked.kind, spec[key]))
        elif isinstance(marked, Entry):
            found |= {("nets", net) for net in networks(params["models"][spec[key]])}
        elif key == "steps":
            found |= {("samplers", sampler) for sampler in spec[key]}
        else:
            found |= of_variants(table, spec, params)
    return found.union(*(of_knobs(table, kind, name, spec, params) for kind, name in found))


def networks(entry: dict[str, Any]) -> set[str]:
    """The network of an entry of `models`, and those that a submitted model is and began as."""
    found, folder = {entry["net"]}, entry.get("submitted_model", {}).get("folder", "")
    config = submitted(folder)
    while "net" in config:
        found.add(config["net"])
        config = config.get("numbers", {}).get("resolved") or {}
    return found


def submitted(folder: str) -> dict[str, Any]:
    """What a submitted model is built from; nothing where its folder is not here. Raises InputError
    for a config that is none."""
    file = Path(folder, "config.json")
    if not folder or not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text())["_scorefield"]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{file}: expected the config of a model of this version")
    return found


def of_watch(spec: dict[str, Any], params: dict[str, Any]) -> set[Named]:
    """What a training is watched with, if it is."""
    own = {key: knob.default for key, knob in knobs(*SHARED["watch"]).items()}
    own |= params.get("watch", {}) | spec.get("watch", {})
    return (
        {("samplers", own["sampler"]), ("experiments", "score_samples")} if own["every"] else set()
    )


def of_variants(table: str, spec: dict[str, Any], params: dict[str, Any]) -> set[Named]:
    """The methods of the variants of a guidance sweep and of no guidance, and those that the knobs
    name that a variant fixes."""
    found = {("guidance", Variant().guidance)}
    for each in variants(spec).values():
        kind, name = each.method
        own = spec | {name: {**(spec.get(name) or {}), **each.fixed}}
        found |= {(kind, name), *of_knobs(table, kind, name, own, params)}
    return found


def of_knobs(
    table: str, kind: str, name: str, spec: dict[str, Any], params: dict[str, Any]
) -> set[Named]:
    """The methods that a method's knobs name, such as IBG's score, for an entry."""
    sections = [spec] if kind in OWN.get(table, ()) else [spec, params]
    found = set()
    for key, knob in section_knobs(kind, name).items():
        if isinstance(marked := mark(knob.kind), Method):
            values = [top[name][key] for top in sections if key in (top.get(name) or {})]
            found.add((marked.kind, [*values, knob.default][0]))
    return found


def sources(script: str, table: str, spec: dict[str, Any], params: dict[str, Any]) -> list[Path]:
    """The script of a stage, the files of the methods that it takes by name for an entry, and what
    is copied beside a shipped model."""
    taken = sorted(named(script, table, spec, params))
    folder = shipped(spec) if table == "models" else None
    copied = [folder / file for file in ("card.json", "curve.csv")] if folder else []
    files = [SOURCE / kind / f"{name}.py" for kind, name in taken]
    return [Path(f"stages/{script}.py"), *files, *copied]


def fingerprints(params: dict[str, Any]) -> dict[str, str]:
    """The hash of every stage by its name, or by stage/entry where it has entries."""
    scripts = [file.stem for file in sorted(Path("stages").glob("*.py"))]
    found = {each: fingerprint(Path(f"stages/{each}.py")) for each in scripts if each not in STAGES}
    for script, stage in STAGES.items():
        for table in stage.tables:
            for entry, spec in (params.get(table) or {}).items():
                found[f"{script}/{entry}"] = fingerprint(*sources(script, table, spec, params))
    return found
