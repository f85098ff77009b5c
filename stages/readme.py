"""Write README.md and the pages of docs from the templates in `report`.

Usage: python stages/readme.py
"""

import sys

from scorefield.command import command
from scorefield.pipeline.files import write


def main() -> None:
    sys.path[0] = ""  # the project's folder, so that `report` is the package and no stage
    from report.pages import pages

    for path, text in pages().items():
        write(path, text.encode())


if __name__ == "__main__":
    command(main)
