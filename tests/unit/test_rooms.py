"""The rooms of the package: each imports from the rooms below it, and what they hold is short."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.helpers.project import ROOT

PACKAGE = ROOT / "src/scorefield"
FRONT = "front door"  # the files beside the rooms
FLOORS = (  # from the bottom up; rooms of one floor may import each other
    {"core"},
    {"pipeline"},
    {
        *("data", "nets", "objectives", "optimisers", "samplers"),
        *("instability", "guidance", "paths"),
    },
    {"metrics"},
    {"plots"},
    {"experiments"},
    {"leaderboard"},
    {"interop"},
    {FRONT},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
OUTSIDE = {"report", "stages", "scripts", "benchmarks", "tests"}
FILE, FUNCTION, STAGE = 250, 40, 30  # lines at most


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module or name that is imported, at the top of a file or inside of a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(parts: tuple[str, ...], package: Path) -> str:
    return parts[0] if parts and (package / parts[0]).is_dir() else FRONT


def arrows(package: Path) -> dict[tuple[str, str], set[str]]:
    """(from, to) -> the files of the first room that import the second."""
    found: dict[tuple[str, str], set[str]] = {}
    for file in package.rglob("*.py"):
        name = file.relative_to(package)
        room = room_of(name.parts, package)
        for module in imported(ast.parse(file.read_text())):
            first, *rest = module.split(".")
            if first == package.name:
                other = room_of(tuple(rest), package)
            elif first in OUTSIDE:
                other = first
            else:
                continue
            if other != room:
                found.setdefault((room, other), set()).add(str(name))
    return found


def upward(package: Path) -> dict[tuple[str, str], set[str]]:
    """The arrows to a higher floor, or out of the package."""
    return {
        (room, other): files
        for (room, other), files in arrows(package).items()
        if other in OUTSIDE or FLOOR[other] > FLOOR[room]
    }


def circle(package: Path) -> list[str]:
    """Rooms that import each other in a ring, or none."""
    below: dict[str, set[str]] = {}
    for room, other in arrows(package):
        below.setdefault(room, set()).add(other)
    try:
        TopologicalSorter(below).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def long(file: Path, most: int) -> list[str]:
    """The file if it is too long, and its functions that are."""
    text = file.read_text()
    lines = len(text.splitlines())
    found = [f"{file.name}: {lines} lines"] if lines > most else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION:
                found.append(f"{file.name}: {node.name} has {lines} lines")
    return found


def test_every_room_has_its_floor():
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == set(FLOOR) - {FRONT}


def test_rooms_import_from_their_own_floor_or_from_below():
    assert upward(PACKAGE) == {}


def test_no_rooms_import_each_other_in_a_circle():
    assert circle(PACKAGE) == []


@pytest.mark.parametrize("folder", ["src/scorefield", "stages", "report", "scripts"])
def test_files_and_functions_are_short(folder):
    most = STAGE if folder == "stages" else FILE
    assert [line for file in (ROOT / folder).rglob("*.py") for line in long(file, most)] == []


@pytest.fixture
def package(tmp_path):
    """A package of two rooms of one floor, one above and one below."""
    for name, text in {
        "core/a.py": "import torch\n",
        "nets/b.py": "from scorefield.core.a import x\n",
        "objectives/c.py": "from scorefield import nets\nfrom scorefield.nets import b\n",
        "experiments/d.py": "from scorefield.objectives.c import y\n",
    }.items():
        file = tmp_path / "scorefield" / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
    return tmp_path / "scorefield"


def test_a_downward_package_passes(package):
    assert upward(package) == {} and circle(package) == []


@pytest.mark.parametrize(
    "file, line, arrow",
    [
        (
            "core/a.py",
            "def f():\n    from scorefield.experiments import d\n",
            ("core", "experiments"),
        ),
        ("nets/b.py", "import scorefield.experiments.d\n", ("nets", "experiments")),
        ("nets/b.py", "from report import page\n", ("nets", "report")),
    ],
)
def test_an_arrow_upward_or_outward_is_found(file, line, arrow, package):
    (package / file).write_text(line)
    assert upward(package) == {arrow: {file}}


def test_a_circle_on_one_floor_is_found(package):
    (package / "nets/b.py").write_text("from scorefield.objectives import c\n")
    assert upward(package) == {} and set(circle(package)) == {"nets", "objectives"}


def test_a_file_or_a_function_that_is_too_long_is_found(tmp_path):
    file = tmp_path / "x.py"
    file.write_text("def f():\n" + "    a = 1\n" * FUNCTION)
    assert long(file, FILE) == ["x.py: f has 41 lines"]
    assert long(file, 30) == ["x.py: 41 lines", "x.py: f has 41 lines"]
