"""Check an entry, try it in a process of its own, and put it into params.yaml.

Usage: python stages/entry.py NAME [SECONDS] [GIB]
"""

from scorefield.command import command
from scorefield.leaderboard.entering import enter
from scorefield.pipeline.sandbox import limits_of


def main(name: str = "", seconds: str = "600", gib: str = "8") -> None:
    for line in enter(name, limits_of(seconds, gib)):
        print(line)
    print(f"now: dvc repro   (it runs {name} and the leaderboard, nothing else)")


if __name__ == "__main__":
    command(main)
