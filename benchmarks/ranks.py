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
from results import keep
from trainings import Tensors, recipe_of, stepper

from scorefield.core.denoiser import Counter
from scorefield.experiments.instability import instability_scores, settings_of
from scorefield.experiments.sampling import Plan, sample_chunks
from scorefield.pipeline import ranks
from scorefield.pipeline.files import load_data
from scorefield.samplers.ddim import ddim

ENTRY, STEPS, SAMPLES, CHUNK, ROUNDS = "digits-ddpm", 20, 256, 64, 3
TORCHRUN = [str(Path(sys.executable).parent / "torchrun"), "--standalone", "--nproc-per-node=2"]


def training(data: Tensors) -> None:
    step = stepper(recipe_of(ENTRY, data), data)
    for i in range(STEPS):
        step(i)


def sampling(data: Tensors, folder: Path) -> None:
    model = recipe_of(ENTRY, data).model().eval()
    plan = Plan(model, ddim, model.shape, 10, 0, torch.device("cpu"), Counter())
    sample_chunks(plan, SAMPLES, folder, chunk=CHUNK)


def mapping(data: Tensors, folder: Path) -> None:
    model, x = recipe_of(ENTRY, data).model().eval(), data["test"][:SAMPLES]
    settings = settings_of({"levels": [1.0], "seed": 0})
    instability_scores([model], x, settings, folder, chunk=CHUNK)


def child(folder: Path) -> None:
    data = load_data("digits")
    with ranks.joined():
        for part in (training, partial(sampling, folder=folder), partial(mapping, folder=folder)):
            ranks.meet()
            start = perf_counter()
            part(data)
            ranks.meet()
            if ranks.rank() == 0:
                print(perf_counter() - start, flush=True)


def timed(*launch: str) -> list[float]:
    with TemporaryDirectory() as place:
        command = [*launch, __file__, place]
        told = subprocess.check_output(command, stderr=subprocess.DEVNULL, text=True)
        return [float(line) for line in told.split()]


def main() -> None:
    rounds = [(timed(sys.executable), timed(*TORCHRUN)) for _ in range(ROUNDS)]
    found: dict[str, float | None] = {"cores": os.cpu_count()}
    for i, name in enumerate(("train", "sample", "map")):
        found[f"{name}_one_s"] = median(one[i] for one, _ in rounds)
        found[f"{name}_two_s"] = median(two[i] for _, two in rounds)
        found[f"{name}_speedup"] = median(one[i] / two[i] for one, two in rounds)
        print(f"{name}: two processes are {found[f'{name}_speedup']:.2f} times as fast as one")
    keep(ranks=found)


if __name__ == "__main__":
    child(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
