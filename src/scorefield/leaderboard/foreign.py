"""Stages that run the code of an entry: they run in a copy without test images, isolated."""

import shutil
from pathlib import Path
from typing import Any

import torch
from ruamel.yaml import YAML
from safetensors.torch import load_file

from scorefield.core.errors import InputError
from scorefield.leaderboard.entry_checks import entered
from scorefield.leaderboard.working_copy import copy_project, needed
from scorefield.pipeline import params
from scorefield.pipeline.code_hash import closure
from scorefield.pipeline.files import load_json, load_table, placed
from scorefield.pipeline.sandbox import Ended, Limits, isolation, run_apart
from scorefield.pipeline.stage_code import networks, sources

TABLE = {"train": ("models",), "sample": params.RUNS}  # of the stages that run code of entries
RESULTS = {"train": "models/{}", "sample": "samples/{}.safetensors"}
SUFFIXES = {".json", ".safetensors", ".csv", ".png"}  # of what a training writes
LEFT = "*.svg"  # is not taken over: nobody reads it, and it can hold a program
DRAWN = {"samples", "frames", "nfe", "steps"}  # tensors of samples that match nothing
OPEN = (
    "{}: this system has neither bwrap nor unshare: the code of the entry runs without test images "
    "in its folder, but could open other files"
)


def foreign(script: str, *names: str) -> bool:
    """Whether a script of stages/ runs the code of an entry for this model or run: in a method, or
    in a network of one of its models."""
    script, name = Path(script).stem, " ".join(names)
    own = {Path(place).resolve() for places in entered().values() for place in places}
    own = {path for path in own if path.suffix == ".py"}
    if not own or script not in TABLE:
        return False
    known = params.load()
    table = next((table for table in TABLE[script] if name in (known.get(table) or {})), None)
    if table is None:
        return False
    spec = known[table][name]
    files = sources(script, table, spec, known)
    named = [spec[role] for role in ("model", "guide") if role in spec]
    nets = {net for model in named for net in networks(params.entry("models", model))}
    files += [Path("src/scorefield/nets", f"{net}.py") for net in nets]
    return not own.isdisjoint(path.resolve() for path in closure(*files))


def run_foreign(script: str, name: str, folder: Path, limits: Limits) -> None:
    """Run a stage in a copy in `folder`, which a killed stage goes on in, and take its result over.
    Raises InputError for how it failed."""
    if isolation() == "none":
        print(OPEN.format(name), flush=True)
    known: Any = YAML(typ="safe").load(Path("params.yaml"))
    copy_project(folder, needed(known, [name]))
    ended = run_apart(["python", f"stages/{script}.py", name], folder, limits, shown=True)
    take_over(script, name, folder, ended)


def take_over(script: str, name: str, folder: Path, ended: Ended) -> None:
    """Move the result of a stage that ran in a copy to its place here. Raises InputError where
    there is none, or another thing than the stage makes."""
    target = Path(RESULTS[script].format(name))
    made = folder / target
    if ended.problem or not made.exists():
        raise InputError(f"{name}: its process was {ended.problem or 'ended without a result'}")
    files = [] if made.is_file() else [path for path in made.rglob("*") if not path.match(LEFT)]
    for path in (made, *files):
        if path.is_symlink() or not (path.is_dir() or (path.suffix in SUFFIXES and path.is_file())):
            raise InputError(f"{name}: its process wrote {path.name}, which no {script} does")
    check_model(made) if script == "train" else check_samples(made)
    if made.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target, ignore=shutil.ignore_patterns(LEFT))
        return
    with placed(target) as beside:
        shutil.copyfile(made, beside)


def check_model(folder: Path) -> None:
    """Raises InputError unless the figures and the curve of a training are numbers."""
    figures, curve = load_json(folder / "figures.json"), load_table(folder / "curve.csv")
    numbers = isinstance(figures, dict) and all(
        isinstance(v, int | float) for v in figures.values()
    )
    if not numbers or curve.select_dtypes(exclude="number").size:
        raise InputError(f"{folder.name}: expected numbers as the figures of its training")


def check_samples(file: Path) -> None:
    """Raises InputError unless a file holds what sampling makes, without what it should match."""
    found = load_file(file)
    if {*found} != DRAWN:
        raise InputError(
            f"{file.name}: expected {', '.join(sorted(DRAWN))}, found {', '.join(found)}"
        )
    if not torch.isfinite(found["samples"]).all():
        raise InputError(f"{file.name}: samples are not finite")
