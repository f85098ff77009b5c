"""Put the current tables, figures and the graph into README.md and docs.

Usage: python stages/readme.py. A table stands between <!-- name --> and <!-- /name -->, a figure
between <!--= runs/digits-ddim fid .2f --> and <!--=-->: a file of metrics, its key and its format.
"""

import re
from pathlib import Path

from scorefield.core.files import load_json
from scorefield.lab.tables import BLOCKS

FIGURE = re.compile(r"(<!--= (\S+) (\S+) (\S+) -->).*?(<!--=-->)")


def spliced(text: str, mark: str, content: str) -> str:
    """The text with what lies between a pair of marks replaced."""
    pattern = rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)"
    return re.sub(pattern, lambda m: f"{m[1]}\n{content.strip()}\n\n{m[2]}", text, flags=re.S)


def figured(text: str) -> str:
    """The text with every marked figure as it is now."""

    def now(mark: re.Match) -> str:
        value = load_json(f"metrics/{mark[2]}.json")[mark[3]]
        return f"{mark[1]}{value:{mark[4]}}{mark[5]}"

    return FIGURE.sub(now, text)


def main() -> None:
    for path in (Path("README.md"), *Path("docs").glob("*.md")):
        text = path.read_text()
        for mark in re.findall(r"<!-- ([a-z-]+) -->", text):
            text = spliced(text, mark, BLOCKS[mark]())
        path.write_text(figured(text))


if __name__ == "__main__":
    main()
