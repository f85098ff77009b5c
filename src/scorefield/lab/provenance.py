"""Where results come from: the revision, the lock, the parameters, and every method's card."""

import ast
import json
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from scorefield.lab.check import KINDS, SOURCE, methods, section_knobs

LAST = ("report", "track")  # stages that come after the report or are itself
CODE = ("src", "stages", "params.yaml", "dvc.yaml", "launch")


def git(*command: str) -> str:
    """What git says, or nothing where there is no repository."""
    done = subprocess.run(["git", *command], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def revision() -> str:
    """The commit that the code is of, and whether it was edited since."""
    head = git("rev-parse", "HEAD") or "no git repository"
    return head + " with changes" * bool(git("status", "--porcelain", "--", *CODE))


def lock_hash(path: str = "dvc.lock") -> str:
    """The hash of all that dvc.lock says of the stages before the report, 16 digits."""
    stages = (YAML(typ="safe").load(Path(path)) or {}).get("stages", {})
    before = {key: value for key, value in stages.items() if key not in LAST}
    return sha256(json.dumps(before, sort_keys=True).encode()).hexdigest()[:16]


def provenance() -> dict[str, str]:
    """What identifies the results of a page."""
    text = Path("params.yaml").read_bytes()
    return {
        "git revision": revision(),
        "lock": lock_hash(),
        "params.yaml": sha256(text).hexdigest()[:16],
    }


def users(params: dict[str, Any], name: str) -> list[str]:
    """The entries that name a method."""
    tables = [(top, table) for top, table in params.items() if isinstance(table, dict)]
    return [
        f"{top}.{key}"
        for top, table in tables
        for key, entry in table.items()
        if isinstance(entry, dict) and name in [v for v in entry.values() if isinstance(v, str)]
    ]


def card(params: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """A method as its own source tells it."""
    file = SOURCE / kind / f"{name}.py"
    tree = ast.parse(file.read_text())
    (function,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)
    values = params.get(name) or {}
    knobs = {key: kind for key, kind in section_knobs(kind, name).items() if key in values}
    return {
        "kind": kind,
        "name": name,
        "what": ast.get_docstring(tree).split("\n\n")[0],
        "more": (ast.get_docstring(function) or "").replace("\n\n", "\n"),
        "file": f"src/scorefield/{kind}/{name}.py",
        "knobs": [(key, wanted, values[key]) for key, wanted in knobs.items()],
        "users": users(params, name),
    }


def cards(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Every method that params.yaml has a section for."""
    return [card(params, kind, name) for kind in KINDS for name in methods(kind) if name in params]
