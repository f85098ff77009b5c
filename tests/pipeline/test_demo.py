"""The page of `make demo`: whole, drawn from what the repository ships, by the code that it shows."""

import html
import re
import sys
import webbrowser
from pathlib import Path

import pytest
from report.gallery import embedded
from rich.console import Console
from scripts.demo import PAGE, PARTS, demo, main

from scorefield.core.errors import InputError
from tests.helpers.project import ROOT

TINY = {
    "samples": {"n": 2},
    "ibg_points": {"n": 32},
    "ibg_digits": {"n": 1},
    "ratio": {"n": 2},
    "path": {"nodes": 16, "iterations": 1},
    "few_steps": {"n": 16, "most": 1},
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The folder of a small page, made in an empty folder, where no file of the pipeline is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("empty"))
        return demo(Path("out"), TINY, Console(quiet=True)).resolve().parent


def pictures(folder: Path) -> dict[str, bytes]:
    """The pictures below a folder, by their name."""
    return {file.name: file.read_bytes() for file in sorted(folder.rglob("*.png"))}


def programs(folder: Path) -> list[str]:
    """The code that the page shows."""
    page = (folder / PAGE).read_text()
    return [html.unescape(each) for each in re.findall(r"<pre.*?><code>(.*?)</code>", page, re.S)]


def test_the_page_has_the_picture_of_every_part_and_asks_for_no_other_file(drawn):
    page = (drawn / PAGE).read_text()
    asked = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert all(each.startswith(("data:", "#")) for each in asked)
    assert {each.parent.name for each in drawn.rglob("*.png")} == {f.__name__ for f in PARTS}
    for file in drawn.rglob("*.png"):
        assert embedded(str(file)).source in page, file


def test_the_code_on_the_page_draws_the_same_pictures_again(drawn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = programs(drawn)
    assert len(shown) == len(PARTS)
    for program in shown:
        exec(compile(program, "page", "exec"), {})
    assert pictures(tmp_path) == pictures(drawn)


def test_a_folder_that_cannot_be_is_told_in_one_line_before_anything_is_computed(
    tmp_path, monkeypatch
):
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "argv", ["demo", "--out", str(tmp_path / "file/demo"), "--no-open"])
    with pytest.raises(InputError, match=r"^--out: expected a folder, .*file.*$"):
        main()


def test_a_clone_without_its_models_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("scorefield.fitting.SOURCE", tmp_path / "src/scorefield")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["demo", "--no-open"])
    with pytest.raises(InputError, match=r"^zoo/mnist-classifier: not found.*$"):
        main()


@pytest.mark.parametrize("broken", [False, True])
def test_the_page_is_opened_and_a_broken_browser_is_no_failure(broken, monkeypatch, capsys):
    opened = []

    def browse(url: str) -> bool:
        opened.append(url)
        if broken:
            raise webbrowser.Error
        return True

    monkeypatch.setattr("scripts.demo.demo", lambda *_: Path("/page.html"))
    monkeypatch.setattr(webbrowser, "open", browse)
    for options in ([], ["--no-open"]):
        monkeypatch.setattr(sys, "argv", ["demo", *options])
        main()
    assert opened == ["file:///page.html"] and capsys.readouterr().out == 2 * "/page.html\n"


def test_the_makefile_and_its_help_have_the_target():
    assert re.search(r"^demo: .*## ", (ROOT / "Makefile").read_text(), re.M)
