"""Figures of benchmarks/recipe.py: loss, FID, speed-up, share of the peak, means over seeds."""

import time
from collections.abc import Iterator
from itertools import pairwise
from math import exp, log
from multiprocessing import current_process
from statistics import mean, median, stdev
from typing import Any

import torch
from baselines import FULL, SHAPE, example, example_samples, previous, squared_error
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm
from trainings import Recipe, Tensors, trained

from scorefield.core.hardware import arithmetic
from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.schedule import times
from scorefield.experiments.evaluators import load_evaluator
from scorefield.samplers.ddim import ddim

PREFIX = {"unet": "recipe", "dit": "recipe_dit"}
REPEATS, SIDE, ROWS, SAMPLING_STEPS = 4, 2048, 200, 25
PROBES, PROBE_STEPS = (
    6,
    8,
)  # parts of a short training that is timed, and their steps
Trainings = dict[str, Iterator[Any]]


def in_turn(title: str, parts: int, trainings: Trainings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Each training's last state, and the seconds of its parts, of which one of each follows one of
    the other."""
    last: dict[str, Any] = {}
    seconds: dict[str, list[float]] = {name: [] for name in trainings}
    worker = current_process().name.rpartition("-")[2]
    row = int(worker) - 1 if worker.isdecimal() else 0
    for _ in tqdm(range(parts), title, position=row, leave=False):
        for name, training in trainings.items():
            start = time.process_time()
            last[name] = next(training, last.get(name))
            seconds[name].append(time.process_time() - start)
    return last, seconds


@torch.no_grad()
def held_loss(model: Model, images: Tensor) -> float:
    """The mean squared error of v of images, with fixed stratified times and noise."""
    source, n, total = torch.Generator().manual_seed(7), len(images), 0.0
    for _ in range(REPEATS):
        t = 1 - (torch.randperm(n, generator=source) + torch.rand(n, generator=source)) / n
        noise = torch.randn(images.shape, generator=source)
        parts = (each.split(ROWS) for each in (images, t.view(-1, 1, 1, 1), noise))
        rows = zip(*parts, strict=True)
        total += sum(squared_error(model, *row).double().sum().item() for row in rows)
    return total / (REPEATS * n)


def our_samples(model: Model, pure: Tensor, steps: int) -> Tensor:
    """Samples by DDIM from noise (B, 1, 28, 28), of its shape."""
    *_, x = ddim(model, pure, times(steps))
    return x


@torch.no_grad()
def fid(trained: Any, seed: int, n: int, test: Tensor) -> float:
    """FID of n samples of a model, or of the network of the example."""
    ours = isinstance(trained, Model)
    draw, side = (our_samples, SHAPE) if ours else (example_samples, [1, 32, 32])
    found = []
    for first in range(0, n, ROWS):
        part = range(first, min(n, first + ROWS))
        pure = streams(seed, part)(torch.empty(len(part), *side))
        found.append(draw(trained.eval(), pure, SAMPLING_STEPS))
    return load_evaluator("mnist-classifier").distance(torch.cat(found), test)["fid"]


def crossing(points: dict[int, float], target: float) -> float:
    """The steps at which the loss is the target: on the line between two neighbours of the points
    {steps: loss} in logarithms, or beyond them on the line of the nearest two."""
    pairs = list(pairwise(sorted(points.items())))
    inside = next((p for p in pairs if p[0][1] >= target >= p[1][1]), None)
    (n, high), (m, low) = inside or pairs[0 if target > pairs[0][0][1] else -1]
    return exp(log(n) + log(m / n) * log(target / high) / log(low / high))


def probe(recipe: Recipe, data: Tensors) -> Iterator[Model]:
    """A short training that is timed."""
    return trained(recipe, data, 0, PROBES * PROBE_STEPS, PROBES)


def step_times(recipe: Recipe, data: Tensors) -> dict[str, float]:
    """Milliseconds of a step of a recipe and of the previous U-Net in two orders in memory."""
    contiguous = previous("unet", torch.contiguous_format)
    recipes = {"new": recipe, "old": previous("unet"), "old_contiguous": contiguous}
    turns = {name: probe(each, data) for name, each in recipes.items()}
    _, seconds = in_turn("time of a step", PROBES, turns)
    ms = {name: 1e3 * median(each[1:]) / PROBE_STEPS for name, each in seconds.items()}
    return {f"recipe_{name}_ms": each for name, each in ms.items()}


def peak(recipe: Recipe, data: Tensors) -> dict[str, float]:
    """The share of a matrix product's operations a second that a step of a recipe reaches."""
    model, batch = recipe.make(), {"x": data["train"][: recipe.budget["batch"]]}
    with FlopCounterMode(display=False) as counter:
        recipe.loss(model, batch).mean().backward()
    with arithmetic(getattr(model.net, "precision", "float32"), model.device):
        kind = torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32
    a, b = (torch.randn(SIDE, SIDE).to(kind) for _ in range(2))
    turns: Trainings = {"product": (a @ b for _ in range(PROBES)), "step": probe(recipe, data)}
    _, seconds = in_turn("share of the peak", PROBES, turns)
    best = 2 * SIDE**3 / median(seconds["product"][1:])
    rate = counter.get_total_flops() * PROBE_STEPS / median(seconds["step"][1:])
    shares = {"train_peak_share": rate / best, "train_gflops": rate / 1e9}
    return shares | {"matrix_peak_gflops": best / 1e9}


def full_example(images: Tensor) -> dict[str, float]:
    """Milliseconds of a step of the example at its own widths."""
    _, seconds = in_turn("example", 3, {"full": example(images, 0, 3, 3, FULL)})
    return {"recipe_diffusers_full_ms": 1e3 * min(seconds["full"][1:])}


def summary(found: dict[str, dict[int, Any]]) -> dict[str, Any]:
    """Means over seeds, standard deviations, and the values of the seeds."""
    told: dict[str, Any] = {}
    for name, by_seed in found.items():
        rows = [by_seed[seed] for seed in sorted(by_seed)]
        values = {"speedup": [row["speedup"] for row in rows]}
        for who in rows[0].keys() & {"old", "new", "diffusers"}:
            for what in rows[0][who]:
                values[f"{what}_{who}"] = [row[who][what] for row in rows]
        for what, each in values.items():
            key = f"{PREFIX[name]}_{what}"
            told |= {key: mean(each), f"{key}_seeds": [float(f"{value:.6g}") for value in each]}
            told |= {f"{key}_sd": stdev(each)} if len(each) > 1 else {}
    return told
