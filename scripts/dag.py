"""Draw the stages of the pipeline as text, all entries of a stage as one: what follows what."""

import argparse
import sys

from report.graph import Arrows, arrows, chains, reduced

from scorefield.command import ended


def drawing(after: Arrows) -> list[str]:
    """Lines of text: stages that only follow each other share one, and stages that follow only
    these stand below it. What follows several comes at the end of each of their lines."""
    before = {stage: {each for each in after if stage in after[each]} for stage in after}
    joined = {chain[0]: chain for chain in chains(after)}
    lines = []

    def draw(head: str, first: str, others: str) -> None:
        following = sorted(after[joined[head][-1]])
        shared = [each for each in following if len(before[each]) > 1]
        below = [each for each in following if each in joined and each not in shared]
        parts = [*joined[head], ", ".join(shared)] if shared else joined[head]
        lines.append(first + " → ".join(parts))
        for child in below:
            branch, rest = ("└── ", "    ") if child == below[-1] else ("├── ", "│   ")
            draw(child, others + branch, others + rest)

    for head, chain in joined.items():
        if not before[head] or (len(before[head]) > 1 and after[chain[-1]]):
            draw(head, "", "")
    return lines


if __name__ == "__main__":
    sys.excepthook = ended
    argparse.ArgumentParser(description=__doc__).parse_args()
    print("\n".join(drawing(reduced(arrows()))))
