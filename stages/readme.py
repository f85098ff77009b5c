"""Put the current tables and the graph into README.md and docs. Usage: python stages/readme.py"""

import re
from pathlib import Path

from scorefield.lab.tables import BLOCKS


def spliced(text: str, mark: str, content: str) -> str:
    """The text with what lies between a pair of marks replaced."""
    pattern = rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)"
    return re.sub(pattern, lambda m: f"{m[1]}\n{content.strip()}\n\n{m[2]}", text, flags=re.S)


def main() -> None:
    for path in (Path("README.md"), *Path("docs").glob("*.md")):
        text = path.read_text()
        for mark in re.findall(r"<!-- ([a-z-]+) -->", text):
            text = spliced(text, mark, BLOCKS[mark]())
        path.write_text(text)


if __name__ == "__main__":
    main()
