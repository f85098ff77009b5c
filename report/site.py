"""The documentation site, a hook of mkdocs: pages keep their places in the project, so that every
link that works on the forge works here too. Notebooks become pages, and the reference of functions
is made from their docstrings."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter
from scripts.dag import drawing

import scorefield
from report.graph import arrows, reduced

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "zoo/*/card.md")
LINK = re.compile(r"""\]\(([^)\s#]+)|(?:src|href)=["']([^"'#]+)["']""")
PICTURES = {".png", ".gif"}
ASSETS = ("iframe-worker.js", "site.css")  # the first lets the search work without a server
EXAMPLES = {"scorefield": "sf", "paths": "examples"}  # headings of docs/examples.md
API = "docs/api"  # the folder of the reference, which only the site has


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files of the theme, and instead of those of docs all pages with what they link to."""
    for file in [*files]:
        if file.src_dir == config.docs_dir:
            files.remove(file)
    for name in ASSETS:
        place = str(Path(__file__).with_name(name))
        files.append(File.generated(config, f"assets/{name}", abs_src_path=place))
    pages = {path: (ROOT / path).read_text() for path in found(PAGES)}
    for path in found(["docs/tutorials/*.ipynb"]):
        pages[path.replace(".ipynb", ".md")], outputs = notebook(path)
        for name, picture in outputs.items():
            files.append(File.generated(config, f"docs/tutorials/{name}", content=picture))
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    linked = {target for path, text in pages.items() for target in targets(path, text)}
    for folder in filter(lambda target: (ROOT / target).is_dir(), linked):
        pages[f"{folder}/index.md"] = gallery(folder)
    pages |= reference()
    for path, text in pages.items():
        files.append(File.generated(config, path, content=adapted(path, text)))
        linked |= set(targets(path, text))
    for target in sorted(linked - pages.keys()):
        if (ROOT / target).is_file() and files.get_file_from_path(target) is None:
            files.append(File.generated(config, target, abs_src_path=str(ROOT / target)))
    return files


def on_post_page(output: str, **_: Any) -> str:
    """A page with a name for its search, which the theme leaves out."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')


def found(patterns: Any) -> list[str]:
    """The paths in the project that match."""
    return sorted(
        str(path.relative_to(ROOT)) for pattern in patterns for path in ROOT.glob(pattern)
    )


def notebook(path: str) -> tuple[str, dict[str, bytes]]:
    """A notebook as Markdown, with a link to itself, and its pictures by their names."""
    given = {"output_files_dir": Path(path).stem}
    text, resources = MarkdownExporter().from_filename(str(ROOT / path), resources=given)
    text = re.sub(r"\n{3,}", "\n\n", text)
    return f"{text}\n[This notebook]({Path(path).name})\n", resources["outputs"]


def targets(path: str, text: str) -> Iterator[str]:
    """The files and folders of the project that a page links to."""
    for one, other in LINK.findall(text):
        target = (ROOT / path).parent.joinpath(one or other).resolve()
        if not re.match(r"\w+:", one or other) and target.is_relative_to(ROOT) and target.exists():
            yield str(target.relative_to(ROOT))


def gallery(folder: str) -> str:
    """A page with all pictures of a folder."""
    pictures = [path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in PICTURES]
    names = [path.relative_to(ROOT / folder) for path in pictures]
    return f"# Figures in {folder}\n\n" + "\n\n".join(
        f"{name.with_suffix('')}\n\n![{name}]({name})" for name in names
    )


def adapted(path: str, text: str) -> str:
    """A page of the site: links to folders lead to galleries, those to notebooks to their pages,
    and the pipeline is drawn as text, since a drawing in mermaid needs a script from elsewhere."""

    def link(match: re.Match[str]) -> str:
        target = (ROOT / path).parent / match[1]
        return f"]({match[1]}/index.md)" if target.is_dir() else match[0]

    text = re.sub(r"\]\(([^)\s#:]+)\)", link, text)
    if not path.startswith("docs/tutorials"):
        text = text.replace(".ipynb)", ".md)")
    if "```mermaid" in text:
        lines = "\n".join(drawing(reduced(arrows())))
        text = re.sub(r"```mermaid.*?```", lambda _: f"```text\n{lines}\n```", text, flags=re.S)
    return text


def reference() -> dict[str, str]:
    """A page for the names of `scorefield` itself, and one for each of its packages."""
    heads = {"scorefield": {name: f"scorefield.{scorefield.WHERE[name]}" for name in front()}}
    for package in scorefield.PACKAGES:
        names = dir(getattr(scorefield, package))
        heads[package] = {
            name: getattr(getattr(scorefield, package), name).__module__ for name in names
        }
    return {f"{API}/{head}.md": api_page(head, names) for head, names in heads.items()}


def front() -> list[str]:
    """The names of `scorefield` that are no packages."""
    return [name for name in scorefield.__all__ if name in scorefield.WHERE]


def api_page(head: str, names: dict[str, str]) -> str:
    """The page of some names, each with the module that defines it."""
    prefix = "sf" if head == "scorefield" else f"sf.{head}"
    examples = f"[Examples](../examples.md#{EXAMPLES.get(head, head)})"
    parts = [f"# {prefix}\n\nAfter `import scorefield as sf`. {examples}.\n"]
    for name, module in names.items():
        kind = f"    options:\n      heading: {prefix}.{name}\n      toc_label: {name}\n"
        parts.append(f"::: {module}.{name}\n{kind}")
    return "\n".join(parts)
