"""Draw, guide, join and score digits of the shipped models, and write one page about it.

Takes one to three minutes on two cores. Needs nothing but the repository and its packages."""

import argparse
import ast
import inspect
import sys
import time
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import torch
from report.gallery import Picture, embedded
from report.page import render
from rich.console import Console
from scripts import demo_code
from scripts.demo_code import Figures

from scorefield.command import ended
from scorefield.core.errors import InputError
from scorefield.pipeline.files import write

TEMPLATE, PAGE = "demo.html.jinja", "index.html"
PARTS: dict[Callable[..., Figures], str] = {  # each with what the terminal says of it
    demo_code.samples: "samples of two shipped models",
    demo_code.ibg_points: "instability-biased guidance of points, exact law",
    demo_code.ibg_digits: "instability-biased guidance of digits",
    demo_code.ratio: "ratio guidance, exact ratio",
    demo_code.path: "a path between two digits",
    demo_code.few_steps: "FID by number of steps",
}


@dataclass(frozen=True)
class Part:
    """What one computation was given, measured and drew, the seconds it took, and its code."""

    given: Mapping[str, Any]
    figures: Figures
    pictures: dict[str, Picture]
    seconds: float
    code: str


def imports(file: Path, names: set[str]) -> list[str]:
    """The imports of a file that bring some of the names, a line for each name."""
    found = []
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [each for each in node.names if (each.asname or each.name) in names]
            found += [ast.unparse(node)] if node.names else []
    return found


def arguments(function: Callable[..., Figures], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a function but the folder: its defaults, and what is set otherwise."""
    _, *others = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in others} | dict(settings)


def code(function: Callable[..., Figures], given: Mapping[str, Any]) -> str:
    """The body of a function as a program: imports, arguments as values, and the result printed."""
    source = dedent(inspect.getsource(function))
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    _, first, *_, last = node.body
    body = dedent("\n".join(source.splitlines()[first.lineno - 1 : last.lineno - 1]))
    head = imports(Path(inspect.getfile(function)), names)
    values = {"folder": "."} | dict(given)
    lines = [*head, "", *(f"{key} = {value!r}" for key, value in values.items()), body]
    return "\n".join([*lines, "print(found)"])


def run(function: Callable[..., Figures], out: Path, settings: Mapping[str, Any]) -> Part:
    """A part, its pictures in a folder of its own."""
    folder = out / function.__name__
    given, start = arguments(function, settings), time.perf_counter()
    figures = function(str(folder), **given)
    seconds = time.perf_counter() - start
    pictures = {file.stem: embedded(str(file)) for file in folder.glob("*.png")}
    return Part(given, figures, pictures, seconds, code(function, given))


def expect_folder(out: Path) -> None:
    """Make a folder, before anything is computed for it. Raises InputError where none can be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out: expected a folder, but {error}") from None


def demo(out: Path, settings: Mapping[str, Mapping[str, Any]], console: Console) -> Path:
    """Write the page and its pictures to a folder; `settings` are other arguments of a function
    than its defaults, by its name. Returns the page."""
    expect_folder(out)
    parts = {}
    for i, (function, words) in enumerate(PARTS.items(), 1):
        name = function.__name__
        with console.status(f"{i}/{len(PARTS)} {words}"):
            parts[name] = run(function, out, settings.get(name, {}))
        console.print(f"{i}/{len(PARTS)} {words}: {parts[name].seconds:.1f} s", highlight=False)
    page, threads = out / PAGE, torch.get_num_threads()
    write(page, render(TEMPLATE, parts=parts, threads=threads).encode())
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(".scratch/demo"), help="a folder")
    parser.add_argument("--no-open", action="store_true", help="do not open the page in a browser")
    given = parser.parse_args()
    page = demo(given.out, {}, Console()).resolve()
    print(page)
    if not given.no_open:
        with suppress(webbrowser.Error):
            webbrowser.open(page.as_uri())


if __name__ == "__main__":
    sys.excepthook = ended
    main()
