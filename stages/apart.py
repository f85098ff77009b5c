"""Run a stage, apart from this folder where it runs the code of an entry: in a copy without test
images. `launch` calls it where there are entries.

Usage: python stages/apart.py SCRIPT NAME
"""

import os
import sys
from pathlib import Path

from scorefield.command import command
from scorefield.leaderboard.foreign import foreign, run_foreign
from scorefield.pipeline.sandbox import Limits
from scorefield.pipeline.stage_key import running, scratch


def main(script: str, name: str) -> None:
    with scratch(running(f"apart {Path(script).stem}@{name}")) as folder:
        run_foreign(Path(script).stem, name, folder, Limits())


if __name__ == "__main__":
    if not foreign(*sys.argv[1:]):
        os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
    os.environ["WORLD_SIZE"] = "1"  # of several ranks the first alone computes it
    if os.environ.get("RANK", "0") == "0":
        command(main)
