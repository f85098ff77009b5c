"""What DVC costs: a `dvc repro` with nothing to do, and a stage beyond its own work.

Usage: python benchmarks/overhead.py

Needs a pipeline that is up to date; a minute. Puts `overhead` into benchmarks/results.json:
medians of seconds. Stages are forced one and four at a time, so that starting DVC cancels.
"""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from results import keep

ROUNDS, STAGES = 5, ("checkerboard", "moons", "pairs", "pairs-swapped")
ENV = os.environ | {
    "PYTHONPATH": "src",
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}


def seconds(*command: str) -> float:
    start = perf_counter()
    subprocess.run(command, check=True, env=ENV, capture_output=True)
    return perf_counter() - start


def main() -> None:
    forced = lambda names: seconds("dvc", "repro", "-f", "-s", *(f"prepare@{n}" for n in names))
    rounds = []
    for _ in range(ROUNDS):
        idle = seconds("dvc", "repro")
        stage = (forced(STAGES) - forced(STAGES[:1])) / (len(STAGES) - 1)
        work = median(seconds("python", "stages/prepare.py", name) for name in STAGES[1:])
        imports = seconds("python", "-c", "import torch")
        rounds.append((idle, stage, work, imports))
    idle, stage, work, imports = (median(column) for column in zip(*rounds, strict=True))
    found = {"idle_s": idle, "stage_s": stage, "alone_s": work, "import_torch_s": imports}
    found["lock_lines"] = len(Path("dvc.lock").read_text().splitlines())
    for key, value in found.items():
        print(f"{key:16} {value:.3g}")
    keep(overhead=found)


if __name__ == "__main__":
    main()
