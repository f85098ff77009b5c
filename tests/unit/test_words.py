"""One word for one thing: names and prose use the field's words, and the package names no entry.

The first table forbids words inside of names; ordinary English in running text is free to use most
of them. The second forbids words everywhere, in text too.
"""

import ast
import csv
import io
import json
import re
import tokenize
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.helpers.project import ROOT

YAML_FILE = YAML(typ="safe")
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


def test_names_in_the_code_are_the_fields():
    package = python("src/scorefield", "stages")
    assert old([file.stem for file in python(*CODE)], INSTEAD, CALLED) == {}
    assert wrong(package, lambda text: old(called(text), INSTEAD, CALLED)) == {}
    assert wrong(python(*CODE), lambda text: old(called(text) | held(text), INSTEAD, {})) == {}


def test_files_of_tests_and_stages_have_the_names_of_the_field():
    tests = {file.stem.removeprefix("test_") for file in python("tests")}
    assert old(tests, INSTEAD, CALLED) == {}
    assert old([file.stem for file in python("stages")], INSTEAD, KEYS) == {}


def test_tables_sections_and_keys_of_params_yaml_are_the_fields():
    params = YAML_FILE.load((ROOT / "params.yaml").read_text())
    assert old(params, INSTEAD, KEYS) == {}
    assert old(set(keys(params)), INSTEAD, {"ends": "endpoints"}) == {}


def test_stages_of_dvc_yaml_are_the_fields():
    stages = YAML_FILE.load((ROOT / "dvc.yaml").read_text())["stages"]
    assert old(stages, INSTEAD, KEYS) == {}


def metric_keys() -> Iterator[tuple[str, str]]:
    """(file, key or column) of all results."""
    for file in (ROOT / "metrics").rglob("*.json"):
        yield from ((name_of(file), key) for key in keys(json.loads(file.read_text())))
    for file in (ROOT / "metrics").rglob("*.csv"):
        with file.open() as table:
            yield from ((name_of(file), column) for column in next(csv.reader(table)))


def test_keys_and_columns_of_the_results_are_the_fields():
    scores = {"trace"}  # the trace of a matrix is a score of instability
    assert old({key for _, key in metric_keys()} - scores, INSTEAD, KEYS) == {}


def headings(text: str) -> list[str]:
    """The headings of a page, without the comments of its code."""
    plain = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ +(.*)$", plain, re.MULTILINE)


def test_pages_use_the_words_of_the_field():
    assert wrong(pages(), lambda text: old(headings(text), HEADED, {})) == {}
    assert wrong(pages(), never) == {}


def test_docstrings_comments_and_errors_use_the_words_of_the_field():
    assert wrong(python(*CODE), lambda text: never("\n".join(prose(text)))) == {}


def test_names_of_tests_and_comments_of_the_parameters_use_the_words_of_the_field():
    tests = [name for file in python("tests") for name in called(file.read_text())]
    spoken = "\n".join(name.replace("_", " ") for name in tests)
    assert never(spoken + (ROOT / "params.yaml").read_text()) == []


def entries() -> set[str]:
    """The models and runs of params.yaml with a dash, which no code has by chance."""
    params = YAML_FILE.load((ROOT / "params.yaml").read_text())
    tables = ("models", "runs", "runs_with_guide")
    return {name for table in tables for name in params[table] if "-" in name}


def named(text: str, names: Iterable[str]) -> set[str]:
    return {name for name in names if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)}


def test_the_package_names_no_entry_of_params_yaml():
    files = [*python("src/scorefield"), *(ROOT / "src/scorefield").rglob("*.jinja")]
    names = entries()
    assert wrong(files, lambda text: named(text, names)) == {}


@pytest.mark.parametrize(
    "text, name, word",
    [
        ("def judges(): ...", "judges", "evaluator"),
        ("def f(*, way): ...", "way", "variant"),
        ("class MatchJourney:\n    pass", "MatchJourney", "path_set"),
        ("class A:\n    hit_se: float", "hit_se", "rare_mode"),
        ("class A:\n    def push(self): ...", "push", "shift_prediction"),
        ("JUNK = 1", "JUNK", "off_mode"),
    ],
)
def test_an_old_word_in_a_name_is_found(text, name, word):
    assert old(called(text), INSTEAD, CALLED) | old(held(text), INSTEAD, {}) == {name: word}


def test_words_that_only_look_alike_are_left_alone():
    text = "def white_airplane(always, subway, unit): ...\nclass Hitachi: ...\npushed = unit_square = 1"
    assert old(called(text), INSTEAD, CALLED) | old(held(text), INSTEAD, {}) == {}


def test_an_old_word_in_prose_is_found_wherever_it_stands():
    text = '"""The judges."""\ndef f():\n    # A journey.\n    raise ValueError(f"no rival {1}")\n'
    assert [line for part in prose(text) for line in never(part)] == [
        "The judges.", "no rival", "# A journey."
    ]  # fmt: skip
    assert never("Points in the plane.\nPoints of planes.") == ["Points in the plane."]
    assert headings("# One\n```\n# no heading\n```\n## The two ways\n") == ["One", "The two ways"]
    assert old(["In the plane", "Several ways"], HEADED, {}) == {"In the plane": "points"}


def test_an_entry_is_found_by_its_whole_name():
    assert named("as digits-ddim shows", {"digits-ddim"}) == {"digits-ddim"}
    assert named("digits-ddim-2, my-digits-ddim", {"digits-ddim"}) == set()
