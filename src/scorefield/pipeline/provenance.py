"""Where results come from: the revision, the lock, the parameters, and every method's card."""

import ast
from hashlib import sha256
from pathlib import Path
from typing import Any

from scorefield.core.registry import KINDS, methods
from scorefield.pipeline.commits import git
from scorefield.pipeline.signatures import function, parsed, section_knobs
from scorefield.pipeline.stage_code import STAGES, named
from scorefield.pipeline.stage_key import running
from scorefield.pipeline.value_types import words

CODE = ("src", "stages", "params.yaml", "dvc.yaml", "launch")
COMPUTING = (
    "prepare",
    "train",
    "ablation",
    "sample",
    "instability",
    "matching",
    "matching_guides",
    "paths",
    "guidance_sweep",
)


def revision() -> str:
    """The commit of the code, and whether it was edited since."""
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
    """The entries that use a method: by name, or by the value of a knob."""
    return [
        f"{table}.{entry}"
        for script in COMPUTING
        for table in STAGES[script].tables
        for entry, spec in (params.get(table) or {}).items()
        if (kind, name) in named(script, table, spec, params)
    ]


def card(params: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """A method from its docstrings, with the values of its knobs where no entry overrides them."""
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
    """The cards of all methods."""
    return [card(params, kind, name) for kind in KINDS for name in methods(kind)]
