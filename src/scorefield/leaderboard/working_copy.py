"""A copy of this folder to run an entry's code in: code, parameters, and the data and models that
it needs, without any test image."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from scorefield.leaderboard.entry import paths
from scorefield.pipeline.files import write
from scorefield.pipeline.params import RUNS

Params = dict[str, Any]
FILES = ("dvc.yaml", "launch")
HIDDEN = "test"  # the tensors whose names begin with it have no rows in the copy


def needed(params: Params, names: Iterable[str]) -> set[Path]:
    """The data, models and files that the models and runs of these names are made from."""
    names = [*names]
    runs = specs(params, RUNS, names)
    named = {str(spec[role]) for spec in runs for role in ("model", "guide") if role in spec}
    found = {Path("models", name) for name in named}
    for spec in runs + specs(params, ("models",), {*named, *names}):
        found |= {Path("data", f"{spec.get('data')}.safetensors")}
        found |= {Path(path) for _, path in paths(spec)}
    return found


def specs(params: Params, tables: Iterable[str], names: Iterable[str]) -> list[Params]:
    """The entries of tables that have one of the names, those that are well formed."""
    found = [params[table].get(name) for table in tables for name in names]
    return [spec for spec in found if isinstance(spec, dict)]


def copy_project(place: Path, parts: Iterable[Path]) -> None:
    """Put code, parameters and those of the parts that exist into a folder."""
    skipped = shutil.ignore_patterns("__pycache__")
    for folder in ("src", "stages"):
        shutil.copytree(folder, place / folder, dirs_exist_ok=True, ignore=skipped)
    for file in (*FILES, "params.yaml"):
        shutil.copy2(file, place / file)
    for part in parts:
        copy_part(part, place / part)


def copy_part(part: Path, target: Path) -> None:
    """Copy a file or folder; data without their test images."""
    if not part.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if part.is_dir():
        shutil.copytree(part, target, dirs_exist_ok=True)
    elif part.parts[0] == "data":
        kept = load_file(part)
        shown = {k: v[:0] if k.startswith(HIDDEN) and v.ndim else v for k, v in kept.items()}
        save_file(shown, target)
    else:
        shutil.copy2(part, target)


def put_entry(place: Path, params: bytes, code: dict[Path, str]) -> None:
    """Put the parameters with an entry, and its methods, into a copy."""
    write(place / "params.yaml", params)
    for target, text in code.items():
        write(place / target, text.encode())
