"""Time of noise beside that of a numpy generator for each sample, in turn, on one core.

Usage: python benchmarks/noise.py; under a minute. Adds to benchmarks/results.json the median ratio
(numpy's time by ours) for points in 60 steps and for images in one step, nanoseconds a number, and
how long it takes to copy that many numbers.
"""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
from results import keep
from torch import Tensor

from scorefield.core.noise import Randn, streams

ROUNDS = 7
CASES = {"points": ((4096, 2), 60), "images": ((500, 1, 28, 28), 1)}  # shape, steps


def per_sample(seed: int, indices: range) -> Randn:
    """A Philox generator of numpy for each sample."""
    generators = [np.random.Generator(np.random.Philox(key=[seed, i])) for i in indices]

    def randn(like: Tensor) -> Tensor:
        rows = [g.standard_normal(like.shape[1:], dtype=np.float32) for g in generators]
        return torch.from_numpy(np.stack(rows))

    return randn


def seconds(source: Callable[[int, range], Randn], like: Tensor, steps: int) -> float:
    start = time.process_time()
    randn = source(0, range(len(like)))
    for _ in range(steps):
        randn(like)
    return time.process_time() - start


def copied(seed: int, indices: range) -> Randn:
    return lambda like: like.clone()


if __name__ == "__main__":
    torch.set_num_threads(1)
    found = {}
    for name, (shape, steps) in CASES.items():
        like, count = torch.zeros(shape), steps * torch.zeros(shape).numel()
        rounds = [
            [seconds(source, like, steps) for source in (per_sample, streams, copied)]
            for _ in range(ROUNDS)
        ]
        plain, ours, copy = (median(each) / count * 1e9 for each in zip(*rounds, strict=True))
        ratio = median(a / b for a, b, _ in rounds)
        found[name] = {"numpy_ns": plain, "ns": ours, "copy_ns": copy, "speedup": ratio}
        print(name, {key: round(value, 2) for key, value in found[name].items()}, flush=True)
    keep(noise=found, noise_speedup=found["points"]["speedup"])
