"""Two models and the oracle against the number of steps. Usage: python stages/curve.py NAME"""

from collections.abc import Callable
from inspect import signature
from itertools import product
from pathlib import Path
from typing import Any

import pandas
import torch

from scorefield.core import params
from scorefield.core.datasets import load_dataset
from scorefield.core.denoiser import Counter, counted
from scorefield.core.files import command, load_model, save_table
from scorefield.core.hardware import device
from scorefield.core.model import Model
from scorefield.lab.evaluators import load_evaluator
from scorefield.lab.identity import running, scratch
from scorefield.lab.sampling import Plan, sample_chunks
from scorefield.metrics.evaluators import LawNetwork
from scorefield.samplers.ancestral import ancestral
from scorefield.samplers.ddim import ddim
from scorefield.samplers.heun import heun

SAMPLERS = (ddim, ancestral, heun)  # imported, so that their code is part of the stage's hash
NEED_MEAN = (heun,)  # these refuse a model that draws


def main(name: str) -> None:
    with scratch(running(f"curve@{name}")) as folder:
        rows = points(params.entry("curves", name), folder)
        save_table(f"samples/{name}-curve.csv", pandas.DataFrame(rows))


def contenders(spec: dict[str, Any]) -> dict[str, Model]:
    """The model, its rival, and exact posterior draws where the judge knows the law."""
    names = [spec[role] for role in ("model", "rival")]
    found = {name: load_model(f"models/{name}").to(device()) for name in names}
    judge = load_model(f"models/{spec['judge']}").to(device())
    if isinstance(judge.net, LawNetwork):
        found["oracle"] = Model(judge.net, judge.schedule, judge.predict, judge.shape, draws=True)
    return found


def points(spec: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """A row a model, sampler, number of steps and seed; none but on rank 0."""
    evaluator, real = load_evaluator(spec["judge"]), load_dataset(spec["data"]).test
    models, rows = contenders(spec), []
    for each, sampler, steps, seed in product(models, SAMPLERS, spec["steps"], spec["seeds"]):
        model, counter = models[each], Counter()
        if model.draws and sampler in NEED_MEAN:
            continue
        plan = Plan(counted(model, counter), sampler, model.shape, steps, seed, device(), counter)
        place = folder / f"{each}-{sampler.__name__}-{steps}-{seed}"
        place.mkdir(exist_ok=True)
        drawn = sample_chunks(plan, spec["n"], place, **params.section("sampling"))
        if drawn is None:
            continue
        row = {"model": each, "sampler": sampler.__name__, "churn": churn(sampler), "steps": steps}
        row |= {"nfe": drawn.nfe, "seed": seed}
        rows.append(row | evaluator.distance(drawn.samples, real))
    return rows


def churn(sampler: Callable[..., Any]) -> float:
    """How much noise it puts back at a step, by its own default; 0 of one that puts back none."""
    knob = signature(sampler).parameters.get("churn")
    return 0.0 if knob is None else float(knob.default)


if __name__ == "__main__":
    with torch.no_grad():
        command(main)
