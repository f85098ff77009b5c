"""Write README.md and the pages of docs from the templates in `report`.

Usage: python stages/readme.py
"""

import sys
from pathlib import Path

from scorefield.core.files import command, write


def main() -> None:
    sys.path[0] = str(Path(__file__).parents[1])  # where `report` is that folder, and no stage
    from report.pages import pages

    for path, text in pages().items():
        write(path, text.encode())


if __name__ == "__main__":
    command(main)
