"""Write the HTML page of findings, playground, leaderboard, gallery, methods and provenance.

Usage: python stages/report.py
"""

import sys

from scorefield.command import command


def main() -> None:
    sys.path[0] = ""  # the project's folder, so that `report` is the package and not this script
    from report.page import write_page

    write_page("plots/report.html")


if __name__ == "__main__":
    command(main)
