"""Check an entry and put it into params.yaml. Usage: python stages/entry.py NAME"""

from scorefield.leaderboard.entry import enter
from scorefield.pipeline.files import command


def main(name: str = "") -> None:
    for line in enter(name):
        print(f"entered: {line}")
    print(f"now: dvc repro   (it runs {name} and the leaderboard, nothing else)")


if __name__ == "__main__":
    command(main)
