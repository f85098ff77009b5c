"""Where results come from: the revision, the lock, the parameters, and every method's card."""

import ast
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

from scorefield.lab.check import ENTRIES, KINDS, METHODS, methods, section_knobs
from scorefield.lab.closure import SOURCE
from scorefield.lab.identity import running

CODE = ("src", "stages", "params.yaml", "dvc.yaml", "launch")


def git(*command: str) -> str:
    """What git says, or nothing where there is no repository."""
    done = subprocess.run(["git", *command], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def revision() -> str:
    """The commit that the code is of, and whether it was edited since."""
    head = git("rev-parse", "HEAD") or "no git repository"
    return head + " with changes" * bool(git("status", "--porcelain", "--", *CODE))


def provenance() -> dict[str, str]:
    """What identifies the results of a page; its state is that of the report stage in dvc.lock: the
    hash of all that the page is made from."""
    text = Path("params.yaml").read_bytes()
    return {
        "git revision": revision(),
        "state": running("report"),
        "params.yaml": sha256(text).hexdigest()[:16],
    }


def users(params: dict[str, Any], kind: str, name: str) -> list[str]:
    """The entries that name a method."""
    keys = [key for key, of in METHODS.items() if of == kind]
    return [
        f"{table}.{entry}"
        for table in ENTRIES
        for entry, spec in (params.get(table) or {}).items()
        if name in [spec.get(key) for key in keys]
    ]


def card(params: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """A method as its own source tells it."""
    file = SOURCE / kind / f"{name}.py"
    tree = ast.parse(file.read_text())
    (function,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)
    values = params.get(name) or {}
    knobs = {key: wanted for key, wanted in section_knobs(kind, name).items() if key in values}
    return {
        "kind": kind,
        "name": name,
        "what": (ast.get_docstring(tree) or name).split("\n\n")[0],
        "more": (ast.get_docstring(function) or "").replace("\n\n", "\n"),
        "file": f"src/scorefield/{kind}/{name}.py",
        "knobs": [(key, wanted, values[key]) for key, wanted in knobs.items()],
        "users": users(params, kind, name),
    }


def cards(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Every method that params.yaml has a section for."""
    return [card(params, kind, name) for kind in KINDS for name in methods(kind) if name in params]
