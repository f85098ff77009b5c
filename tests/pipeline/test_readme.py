"""README.md and docs: short, current, without dead links, and their example works."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from report.graph import HIDDEN, Arrows, chains, graph, reduced
from report.pages import environment, pages
from ruamel.yaml import YAML

from scorefield.core.errors import InputError
from scorefield.pipeline import params
from tests.helpers.project import ROOT, copied, edit, run

PAGES = ("README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")))
LINK = re.compile(r"""\]\(([^)\s]+)\)|(?:src|href)=["']([^"']+)["']""")


@pytest.fixture
def here(monkeypatch):
    monkeypatch.chdir(ROOT)
    params.load.cache_clear()
    yield
    params.load.cache_clear()


def prose(page: str) -> str:
    """A page without its code."""
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(), flags=re.S | re.M)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page: Path) -> set[str]:
    """The headings of a page, as the forge names them in links."""
    heads = re.findall(
        r"^#+ (.*)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.S | re.M), re.M
    )
    kept = (re.sub(r"[^\w\- ]", "", head.lower()) for head in heads)
    return {head.replace(" ", "-") for head in kept}


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_bytes()) <= 9000


@pytest.mark.skipif(not (ROOT / "dvc.lock").exists(), reason="the pipeline has not run yet")
def test_pages_are_those_of_their_templates_and_of_the_pipeline(here):
    written = pages()
    assert "README.md" in written
    for name, text in written.items():
        assert (ROOT / name).read_text() == text, f"{name}: `make readme` writes another one"


def test_a_figure_that_is_missing_is_one_line(here, monkeypatch):
    found = environment()
    found.loader.load = lambda *_: found.from_string("{{ figures('runs/rare-ibg').rare }}")
    monkeypatch.setattr("report.pages.environment", lambda: found)
    with pytest.raises(InputError, match=r"report/README.md.jinja: .*rare"):
        pages()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_markers_and_its_links_lead_somewhere(page):
    assert not re.search(r"<!--|{{|{%", prose(page))
    for link in (one or other for one, other in LINK.findall(prose(page))):
        if re.match(r"\w+:", link):
            continue
        path, _, heading = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not heading or heading in anchors(target), link


def test_every_page_of_docs_is_in_the_index():
    index = (ROOT / "docs/index.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "index.md" or f"]({page.name})" in index, page.name


# the drawing of the pipeline


def reached(after: Arrows) -> Arrows:
    """All stages that come after each stage, directly or not."""

    def later(stage: str) -> set[str]:
        return after[stage].union(*map(later, after[stage]))

    return {stage: later(stage) for stage in after}


def drawn(text: str) -> Arrows:
    """The arrows of a drawing in mermaid; stages of one box that no arrow joins are side by side."""
    boxes = dict(re.findall(r'(b\d+)\["(.*?)"\]', text))
    lines = {
        box: [chain.split(" → ") for chain in label.split("<br>")] for box, label in boxes.items()
    }
    after: Arrows = {stage: set() for box in lines.values() for chain in box for stage in chain}
    for chain in (chain for box in lines.values() for chain in box):
        for stage, following in pairwise(chain):
            after[stage] |= {following}
    for box, others in re.findall(r"(b\d+) --> (.*)", text):
        heads = {chain[0] for other in others.split(" & ") for chain in lines[other]}
        for chain in lines[box]:
            after[chain[-1]] |= heads
    return after


GRAPHS = [
    {"a": set()},
    {"a": {"b", "c"}, "b": {"c"}, "c": set()},
    {"a": {"b", "c", "d"}, "b": {"d"}, "c": {"d"}, "d": {"e", "f"}, "e": set(), "f": set()},
    {"a": {"x", "b"}, "b": {"y", "x"}, "x": {"end"}, "y": {"end"}, "end": set()},
]


@pytest.mark.parametrize("after", GRAPHS)
def test_the_drawing_has_the_same_stages_before_and_after_each_stage(after, monkeypatch):
    monkeypatch.setattr("report.graph.arrows", lambda: after)
    assert reached(drawn(graph())) == reached(after)
    assert sorted(stage for chain in chains(reduced(after)) for stage in chain) == sorted(after)


def test_the_readme_draws_every_stage_of_the_pipeline_but_the_hidden_ones():
    stages = set(YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"])
    assert set(drawn((ROOT / "README.md").read_text())) == stages - set(HIDDEN)


def test_tables_of_the_readme_fit_a_page():
    rows = re.findall(r"^\|.*", (ROOT / "README.md").read_text(), re.M)
    assert rows and max(map(len, rows)) <= 100


def test_the_example_of_the_docs_is_a_working_method(tmp_path):
    text = (ROOT / "docs/methods.md").read_text()
    file, code = re.search(
        r"`(src/scorefield/samplers/\w+\.py)`.*?```python\n(.*?)```", text, re.S
    ).groups()
    entries = re.findall(r"```yaml\n(.*?)```", text, re.S)[0]
    assert len(code.strip().splitlines()) <= 15
    project = copied(tmp_path)
    (project / file).write_text(code)
    added = YAML(typ="safe").load(entries)
    edit(project, lambda p: [p.setdefault(k, {}).update(v) for k, v in added.items()])
    (name,) = added["runs"]
    run(project, "dvc", "repro", f"evaluate@{name}")
    assert (project / f"metrics/runs/{name}.json").exists()
