"""Which words names and prose do not use, and where names and prose are found."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from tests.helpers.project import ROOT

INSTEAD = {  # a word inside of a name -> the word of the field
    "judge": "evaluator", "rival": "baseline", "helper": "guide", "junk": "off_mode",
    "hit": "rare_mode", "plane": "points", "normaliser": "calibration", "heard": "embedding",
    "told": "embedding", "due": "expected", "atlas": "instability_report",
    "album": "paths_report", "pareto": "trade_off", "journey": "path_set",
    "travel": "find_paths", "courses": "path_energy", "routes": "path_density", "way": "variant",
    "mlps": "mlp_ensemble", "benched": "benchmarks", "standings": "table",
    "watching": "previews", "survey": "instability", "passage": "along_path",
}  # fmt: skip
CALLED = {  # a file, or a function or class of the package, of this name and no more
    "beside": "side_by_side", "untrained": "untrained_model", "trial": "dry_run",
    "folded": "folded_pipeline", "identity": "stage_key", "ready": "submitted_samples",
    "stored": "submitted_model", "ends": "endpoints", "push": "shift_prediction",
    "unit": "rms_normalise", "bound": "bind", "information": "pointwise_mutual_information",
}  # fmt: skip
KEYS = {  # a stage, a table or section of params.yaml, a key or a column of results
    "check": "validate", "track": "mlflow", "curve": "few_steps", "chart": "few_steps_report",
    "map": "instability", "match": "matching", "agree": "matching_report", "trace": "paths",
    "sweep": "guidance_sweep", "curves": "few_steps", "maps": "instability",
    "matches": "matching", "sweeps": "guidance_sweep", "ready": "submitted_samples",
    "stored": "submitted_model", "ends": "endpoints", "information": "mutual_information",
}  # fmt: skip
HEADED = {  # a word in a heading, where it can only be a name
    word: INSTEAD[word]
    for word in (
        "helper",
        "plane",
        "normaliser",
        "album",
        "pareto",
        "benched",
        "standings",
        "survey",
    )
}
NEVER = ("judge", "rival", "junk", "mlps", "the plane", "journey", "atlas", "told apart")
NEVER_IN_TEXT = re.compile(rf"\b({'|'.join(NEVER)})s?\b", re.IGNORECASE)
CODE = ("src/scorefield", "stages", "report", "scripts", "benchmarks")


def python(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def pages() -> list[Path]:
    """What is read as prose: pages, and the templates that they are made from."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    return sorted(found + list((ROOT / "report").rglob("*.jinja")))


def words(name: str) -> list[str]:
    """The words of a name in snake_case, CamelCase or with dashes, in the singular too."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)
    lower = [part.lower() for part in parts]
    return lower + [word.removesuffix("s") for word in lower]


def old(names: Collection[str], parts: dict[str, str], whole: dict[str, str]) -> dict[str, str]:
    """name -> the word to use instead, of the names that have a word of before in them."""
    found = {name: whole[name] for name in names if name in whole}
    return found | {name: parts[word] for name in names for word in words(name) if word in parts}


def scopes(text: str) -> Iterator[ast.Module | ast.ClassDef]:
    """The file and its classes: what they define is seen from outside."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef):
            yield node


def called(text: str) -> set[str]:
    """Functions, methods and classes of a file."""
    return {
        node.name
        for scope in scopes(text)
        for node in scope.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


def held(text: str) -> set[str]:
    """Variables of a file, fields of its classes and arguments of its functions."""
    found: set[str] = set()
    for scope in scopes(text):
        for node in scope.body:
            if isinstance(node, ast.FunctionDef):
                taken = node.args
                found |= {arg.arg for arg in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs)}
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found |= {name.id for name in targets if isinstance(name, ast.Name)}
    return found


def prose(text: str) -> Iterator[str]:
    """Docstrings, comments, and the words of errors in a file of Python."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""
        elif isinstance(node, ast.Raise):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def keys(tree: object) -> Iterator[str]:
    """Every key of nested tables."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield str(key)
            yield from keys(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from keys(value)


def never(text: str) -> list[str]:
    """The lines of a text with a word that is used nowhere."""
    return [line.strip() for line in text.splitlines() if NEVER_IN_TEXT.search(line)]


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def wrong(files: Iterable[Path], find: Callable[[str], object]) -> dict[str, object]:
    """file -> what is found in its text, of the files in which there is something."""
    found = {name_of(file): find(file.read_text()) for file in files}
    return {name: value for name, value in found.items() if value}


def headings(text: str) -> list[str]:
    """The headings of a page, without the comments of its code."""
    plain = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ +(.*)$", plain, re.MULTILINE)
