"""One hash of a file and of all files of this package that it imports, directly or not."""

import ast
from functools import cache
from hashlib import sha256
from pathlib import Path

from scorefield.core.registry import SOURCE

__all__ = ["SOURCE", "closure", "fingerprint", "imported"]

TELLING = {SOURCE / "pipeline/mlflow_live.py"}  # a training gives it figures and takes nothing


@cache
def imported(path: Path) -> frozenset[Path]:
    """The files of this package that a file imports itself, without those that only tell of what is
    computed."""
    if path.suffix != ".py":
        return frozenset()
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    ours = [name.split(".")[1:] for name in names if name.startswith("scorefield.")]
    files = [SOURCE.joinpath(*parts).with_suffix(".py") for parts in ours]
    return frozenset(file for file in files if file.exists() and file not in TELLING)


def closure(*paths: Path) -> set[Path]:
    """The files, and all of this package that they import, directly or not."""
    found: set[Path] = set()
    new = set(paths)
    while new:
        found |= new
        new = {file for path in new for file in imported(path)} - found
    return found


@cache
def digest(path: Path) -> bytes:
    """The hash of a file."""
    return sha256(path.read_bytes()).digest()


def fingerprint(*paths: Path) -> str:
    """The hash of the files and all that they import."""
    return sha256(b"".join(digest(path) for path in sorted(closure(*paths)))).hexdigest()
