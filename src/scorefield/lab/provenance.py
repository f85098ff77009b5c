"""Where results come from: the revision, the lock, the parameters, and every method's card."""

import ast
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

from scorefield.core.registry import KINDS, methods
from scorefield.lab.identity import running
from scorefield.lab.kinds import words
from scorefield.lab.signatures import function, parsed, section_knobs
from scorefield.lab.stage_code import STAGES, named

CODE = ("src", "stages", "params.yaml", "dvc.yaml", "launch")
COMPUTING = ("prepare", "train", "sample", "map", "match", "trace", "sweep")


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
    """The entries that run a method: their stages take it by name, or a knob of theirs does."""
    return [
        f"{table}.{entry}"
        for script in COMPUTING
        for table in STAGES[script].tables
        for entry, spec in (params.get(table) or {}).items()
        if (kind, name) in named(script, table, spec, params)
    ]


def card(params: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """A method as its own source tells it, with the values of its knobs where no entry overrides
    them."""
    file, given = f"{kind}/{name}.py", params.get(name) or {}
    knobs = [
        (key, words(knob.kind), given.get(key, knob.default))
        for key, knob in section_knobs(kind, name).items()
        if given.get(key, knob.default) not in (None, ...)
    ]
    return {
        "kind": kind,
        "name": name,
        "what": (ast.get_docstring(parsed(file)) or name).split("\n\n")[0],
        "more": (ast.get_docstring(function(file, name)) or "").replace("\n\n", "\n"),
        "file": f"src/scorefield/{file}",
        "knobs": knobs,
        "users": users(params, kind, name),
    }


def cards(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Every method there is."""
    return [card(params, kind, name) for kind in KINDS for name in methods(kind)]
