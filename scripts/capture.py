"""Write what the commands print in a terminal of 120 columns to report/terminal, from where
`make readme` puts it into docs/terminal.md, and the seconds that each stage took to
scripts/durations.json, from where `make repro` has its first estimates. Run it in a clone whose
results are committed, after `dvc exp run --allow-missing -S ibg.scale=2.0` has changed some."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from scripts.graph import read_graph
from scripts.repro import USUAL, usual

WIDTH = 120
MOST = 30  # lines of one command
PLACE = Path("report/terminal")
COMMANDS = {  # file -> arguments of python -m
    "results": "scripts.results",
    "metrics-show": "dvc metrics show",
    "metrics-diff": "dvc metrics diff",
    "compare": "scripts.compare HEAD",
    "exp-show": "dvc exp show --no-pager --only-changed --drop .*(/|yaml)|Created",
    "experiments": "scripts.experiments",
    "dag": "scripts.dag",
    "costs": "scripts.costs",
}


def printed(command: str) -> str:
    """What a command prints, with its lines folded as a terminal does, and cut where it is long.
    Raises CalledProcessError where it fails."""
    env = os.environ | {"COLUMNS": str(WIDTH), "PYTHONHASHSEED": "0"}
    words = [sys.executable, "-m", *command.split()]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, env=env)
    lines = [line for long in done.stdout.splitlines() for line in folded(long)]
    rest = [f"... {len(lines) - MOST} more lines"] if len(lines) > 2 * MOST else []
    return "\n".join(line.rstrip() for line in (lines[:MOST] + rest if rest else lines)).strip("\n")


def folded(line: str) -> list[str]:
    """Pieces of a line that are no longer than the terminal is wide."""
    return [line[i : i + WIDTH] for i in range(0, len(line), WIDTH)] or [""]


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    PLACE.mkdir(parents=True, exist_ok=True)
    for name, command in COMMANDS.items():
        (PLACE / f"{name}.txt").write_text(printed(command) + "\n")
        print(f"{PLACE / name}.txt: {command}")
    stages = read_graph()
    known = {stage: seconds for stage, seconds in usual().items() if stage in stages}
    USUAL.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
