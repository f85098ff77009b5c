"""How close samplers come to the flow at equal numbers of calls, beside diffusers and azula.

Usage: python benchmarks/samplers.py

About two minutes on one core; needs no results of the pipeline. Writes benchmarks/samplers.json,
which the stage `sampler_distances` reads: for each schedule and number of calls the root mean
square distance of end points to the flow of the exact denoisers of three laws in 2-D. All begin
with the same noise. Of each other library the best of its samplers and grids counts, chosen for
each figure (other_samplers.py). azula is measured where it is installed:
pip install --no-deps azula einops
"""

import warnings
from importlib.util import find_spec
from itertools import product
from typing import Any

import torch
from other_samplers import azula_samplers, diffusers_samplers
from torch import Tensor

from scorefield.core.schedule import named
from scorefield.experiments.sampler_distances import (
    CALLS,
    SCHEDULES,
    distances,
    endpoints,
    flow,
    laws,
    noise,
    start_of,
)
from scorefield.pipeline.files import save_json


def best(found: dict[str, float], who: str) -> dict[str, Any]:
    """The least finite distance among the samplers of a library, and by which one."""
    name = min(found, key=lambda each: found[each] if found[each] == found[each] else float("inf"))
    return {f"{who}_best": found[name], f"{who}_sampler": name}


def measured(schedule: str, calls: int, start: Tensor, goals: list[Tensor]) -> dict[str, Any]:
    """One row of the table."""
    denoisers = [law.denoiser(named(schedule)) for law in laws()]
    x = named(schedule).sigma(torch.ones(())) * start
    row: dict[str, Any] = distances([endpoints(each, x, calls) for each in denoisers], goals)
    theirs = [diffusers_samplers(law, schedule, start, calls) for law in laws()]
    row |= best(distances(theirs, goals), "diffusers")
    if find_spec("azula"):
        theirs = [azula_samplers(law, schedule, start, calls) for law in laws()]
        row |= best(distances(theirs, goals), "azula")
    return row


@torch.no_grad()
def main() -> None:
    warnings.filterwarnings("ignore", "__array__")  # diffusers and NumPy 2
    torch.set_default_dtype(torch.float64)
    if not find_spec("azula"):
        print("azula is not installed, and not measured")
    start = noise()
    goals = {each: [flow(law, start, start_of(each)) for law in laws()] for each in SCHEDULES}
    table: dict[str, dict[str, Any]] = {schedule: {} for schedule in SCHEDULES}
    for schedule, calls in product(SCHEDULES, CALLS):
        row = measured(schedule, calls, start, goals[schedule])
        table[schedule][str(calls)] = row
        shown = (f"{k} {v if isinstance(v, str) else format(v, '.4f')}" for k, v in row.items())
        print(schedule, calls, *shown, sep="  ", flush=True)
    save_json("benchmarks/samplers.json", table)


if __name__ == "__main__":
    main()
