"""One word for one thing: names and prose use the field's words, and the package names no entry.

The first table forbids words inside of names; ordinary English in running text is free to use most
of them. The second forbids words everywhere, in text too.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator

import pytest
from ruamel.yaml import YAML

from tests.helpers.project import ROOT
from tests.helpers.words import (
    CALLED,
    CODE,
    HEADED,
    INSTEAD,
    KEYS,
    called,
    headings,
    held,
    keys,
    name_of,
    never,
    old,
    pages,
    prose,
    python,
    wrong,
)

YAML_FILE = YAML(typ="safe")


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
