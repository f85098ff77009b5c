"""Two processes against one: the same training steps, samples and scores of a map, in turn.

Usage: python benchmarks/ranks.py

Needs data/digits; about three minutes. Puts `ranks` into benchmarks/results.json: medians of
seconds, without the start of the processes, and of their ratios. One process has all cores.
"""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import torch
from layouts import OBJECTIVE, our_model
from results import keep

from scorefield.core.denoiser import Counter
from scorefield.experiments.instability import questions, survey
from scorefield.experiments.sampling import Plan, sample_chunks
from scorefield.experiments.training import begin, descend, split
from scorefield.pipeline import ranks
from scorefield.pipeline.files import load_data
from scorefield.samplers.ddim import ddim

STEPS, BATCH, SAMPLES, CHUNK, ROUNDS = 20, 64, 256, 64, 3
TORCHRUN = [str(Path(sys.executable).parent / "torchrun"), "--standalone", "--nproc-per-node=2"]


def training() -> None:
    data, model = split(load_data("digits"), "train"), our_model().train()
    _, optimiser = begin(model, 1e-3, 0.0, None)
    for step in range(STEPS):
        descend(model, OBJECTIVE, data, optimiser, 0, step, BATCH, 1e-3, 1.0)


def sampling(folder: Path) -> None:
    model = our_model().eval()
    plan = Plan(model, ddim, model.shape, 10, 0, torch.device("cpu"), Counter())
    sample_chunks(plan, SAMPLES, folder, chunk=CHUNK)


def mapping(folder: Path) -> None:
    model, x = our_model().eval(), load_data("digits")["test"][:SAMPLES]
    survey([model], x, questions({"levels": [1.0], "seed": 0}), folder, chunk=CHUNK)


def child(folder: Path) -> None:
    with ranks.joined():
        for part in (training, partial(sampling, folder), partial(mapping, folder)):
            ranks.meet()
            start = perf_counter()
            part()
            ranks.meet()
            if ranks.rank() == 0:
                print(perf_counter() - start, flush=True)


def timed(*launch: str) -> list[float]:
    with TemporaryDirectory() as place:
        command = [*launch, __file__, place]
        given = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        return [float(line) for line in subprocess.run(command, check=True, **given).stdout.split()]


def main() -> None:
    rounds = [(timed(sys.executable), timed(*TORCHRUN)) for _ in range(ROUNDS)]
    found = {"cores": os.cpu_count()}
    for i, name in enumerate(("train", "sample", "map")):
        found[f"{name}_one_s"] = median(one[i] for one, _ in rounds)
        found[f"{name}_two_s"] = median(two[i] for _, two in rounds)
        found[f"{name}_speedup"] = median(one[i] / two[i] for one, two in rounds)
        print(f"{name}: two processes are {found[f'{name}_speedup']:.2f} times as fast as one")
    keep(ranks=found)


if __name__ == "__main__":
    child(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
