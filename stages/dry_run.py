"""Check the parameters of this folder and try the entry in it, and then perhaps draw its samples.
`make entry` and `make contest` run this in a copy of the folder.

Usage: python stages/dry_run.py NAME [draw]
"""

from scorefield.command import command
from scorefield.core.errors import InputError
from scorefield.pipeline.files import write
from scorefield.pipeline.validation import every_problem


def main(name: str, then: str = "") -> None:
    if wrong := every_problem("params.yaml"):
        raise InputError("\nerror: ".join(wrong))
    from scorefield.leaderboard.dry_run import draw_all, dry_run

    dry_run(name)
    write(".tried", b"")
    if then == "draw":
        draw_all(name)


if __name__ == "__main__":
    command(main)
