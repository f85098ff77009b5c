"""How the time and memory of scoring grow with the number of samples, CIFAR-sized.

Usage: python benchmarks/scale.py

About fifteen minutes. Scores random images beside 50,000 random training and 10,000 test images
by an untrained evaluator: a measure of cost, no score of it means anything. Puts `scale` into
benchmarks/results.json, each row from a process of its own.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import torch
from bench import peak_memory
from results import keep

from scorefield.core.datasets import dataset_of
from scorefield.core.model import Model
from scorefield.core.schedule import cosine
from scorefield.metrics.evaluators import evaluator_of
from scorefield.pipeline import params
from scorefield.pipeline.files import load_bytes, load_tensors, save_tensors

SHAPE, TRAIN, TEST, COUNTS = (3, 32, 32), 50_000, 10_000, (1000, 10_000, 50_000)


def real(folder: Path) -> None:
    """A dataset as `prepare` writes it, in bytes."""
    noise = lambda n: torch.randint(256, (n, *SHAPE), dtype=torch.uint8)
    data = {"train": noise(TRAIN), "test": noise(TEST)}
    labels = {f"{key}_labels": torch.randint(10, (len(data[key]),)) for key in data}
    save_tensors(folder / "data.safetensors", data | labels)


def fake(folder: Path, count: int) -> None:
    """Samples as `sample` writes them, in floats."""
    save_tensors(folder / "samples.safetensors", {"samples": 2 * torch.rand(count, *SHAPE) - 1})


def child(folder: Path) -> None:
    """Score as `evaluate` does, and print seconds and the peak of memory in MiB."""
    torch.manual_seed(0)
    net = params.method("nets", "convnet")({"train": [1, *SHAPE]}, cosine())
    evaluator = evaluator_of(Model(net.eval(), cosine(), "x0", SHAPE))
    start, drawn = perf_counter(), load_bytes(folder / "samples.safetensors")
    data = dataset_of(load_tensors(folder / "data.safetensors"))
    evaluator.scores(drawn["samples"], data, {"images": params.section("images")})
    print(perf_counter() - start, peak_memory())


def main() -> None:
    rows = []
    with TemporaryDirectory() as place:
        torch.manual_seed(0)
        real(Path(place))
        for count in COUNTS:
            fake(Path(place), count)
            command = [sys.executable, __file__, place]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            seconds, peak = map(float, done.stdout.split()[-2:])
            rows.append({"samples": count, "seconds": seconds, "peak_mib": peak})
            print(f"{count:6} samples: {seconds:.0f} s, at most {peak:.0f} MiB", flush=True)
    keep(scale=rows)


if __name__ == "__main__":
    child(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
