"""The documentation site: every name and key is explained, with an example that runs."""

import ast
import inspect
import json
import re
import sys
from collections.abc import Iterator

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from report import params_reference

import scorefield as sf
from scorefield.core.registry import KINDS, methods
from scorefield.pipeline import params
from scorefield.pipeline.json_schema import schema
from tests.helpers.project import ROOT
from tests.pipeline.test_library import blocks, python

PAGES = ("README.md", "docs/library.md", "docs/examples.md")  # whose code runs
TUTORIALS = sorted((ROOT / "docs/tutorials").glob("*.ipynb"))
SHAPE = re.compile(r"\((?:[A-Z]\w*|steps \+ 1|n|\.\.\.)(?:, ?[\w. +/*()-]*)*\)")
ALL = [
    *(name for name in dir(sf) if name not in sf.PACKAGES),
    *(f"{kind}.{name}" for kind in sf.PACKAGES for name in dir(getattr(sf, kind))),
]


def found(name: str):
    """A public name, such as guidance.ibg."""
    value = sf
    for part in name.split("."):
        value = getattr(value, part)
    return value


def used(code: str) -> Iterator[str]:
    """The names of `sf` that a program uses; samplers also by their name."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("sf."):
            yield ast.unparse(node).removeprefix("sf.")
        if isinstance(node, ast.keyword) and node.arg == "sampler":
            yield f"samplers.{ast.unparse(node.value).strip(chr(39))}"


def cells(notebook: dict) -> Iterator[str]:
    """The code of a notebook."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            yield "".join(cell["source"])


def has_tensors(function) -> bool:
    """Whether a function takes or returns tensors; of a class, its fields or constructor."""
    try:
        given = inspect.signature(function)
    except ValueError:  # an exception
        return False
    kinds = [parameter.annotation for parameter in given.parameters.values()]
    return any("Tensor" in str(kind) for kind in (*kinds, given.return_annotation))


@pytest.mark.parametrize("name", ALL)
def test_a_public_name_has_a_docstring_with_the_shapes_of_its_tensors(name):
    text = inspect.getdoc(found(name)) or ""
    assert len(text.split()) > 3
    assert not has_tensors(found(name)) or SHAPE.search(text) or "same denoiser" in text


def test_every_public_name_is_in_an_example():
    code = [blocks(page) for page in PAGES]
    code += [cell for path in TUTORIALS for cell in cells(json.loads(path.read_text()))]
    shown = {name for part in code for name in used(part)}
    assert [
        name for name in ALL if not any(f"{each}.".startswith(f"{name}.") for each in shown)
    ] == []


def test_the_examples_run_in_an_empty_folder(tmp_path):
    python(tmp_path, blocks("docs/examples.md"))


def test_every_metric_and_column_of_results_has_its_formula():
    page = (ROOT / "docs/metrics.md").read_text()
    assert [name for name in dir(sf.metrics) if f"metrics.{name}" not in page] == []
    for file in (ROOT / "metrics/runs").glob("*.json"):
        keys = {key.removeprefix("unguided_") for key in json.loads(file.read_text())}
        plain = {re.sub("_(se|low|high)$", "", key) for key in keys} - {"n"}
        assert [key for key in plain if f"`{key}`" not in page] == [], file.name


def test_every_key_of_params_yaml_is_explained():
    page = (ROOT / "docs/params.md").read_text()
    for top, part in schema()["properties"].items():
        head = [top, *(f"{kind}: {top}" for kind in KINDS if top in methods(kind))][-1]
        assert top == "summary" or f"### {head}\n" in page, top
        for key in part.get("properties", {}):
            assert f"| `{key}` |" in page, f"{top}.{key}"


def test_a_key_without_a_meaning_is_told(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(sf.InputError, match=r"expected a line for ddim\.unheard"):
        params_reference.meaning("ddim", "unheard")


@pytest.fixture
def site(monkeypatch, tmp_path):
    """A build of the site in a folder of its own."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    monkeypatch.setattr("sys.path", [str(ROOT), *sys.path])
    params.load.cache_clear()
    return load_config(str(ROOT / "mkdocs.yml"), site_dir=str(tmp_path / "site"), strict=True)


@pytest.mark.skipif(not (ROOT / "docs/gpu.md").exists(), reason="`make readme` has not run yet")
@pytest.mark.filterwarnings("ignore")  # of the packages of the site
def test_the_site_builds_strictly_and_asks_no_server(site, tmp_path):
    build(site)
    pages = [*(tmp_path / "site").rglob("*.html")]
    assert len(pages) > 40
    for page in pages:
        loaded = (
            r"<(?:script|img|iframe)[^>]*\bsrc=[\"']?(?:https?:)?//|<link[^>]*stylesheet[^>]*//"
        )
        assert not re.search(loaded, page.read_text()), page.name
    assert "sf.guidance.ibg" in (tmp_path / "site/docs/api/guidance.html").read_text()
    assert list((tmp_path / "site/docs/tutorials/1-start").glob("*.png"))
