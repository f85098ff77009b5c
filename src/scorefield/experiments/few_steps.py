"""The few-steps study: a model and a baseline scored at several numbers of steps."""

from collections.abc import Callable, Iterator
from inspect import signature
from itertools import product
from pathlib import Path
from typing import Any

import pandas
import torch

from scorefield.core.denoiser import Counter, counted
from scorefield.core.hardware import device
from scorefield.core.model import Model
from scorefield.core.remembered import remembered
from scorefield.experiments.evaluators import load_evaluator
from scorefield.experiments.sampling import Plan, sample_chunks
from scorefield.metrics.evaluators import LawNetwork
from scorefield.pipeline import params
from scorefield.pipeline.files import load_dataset, load_model
from scorefield.samplers.ancestral import ancestral
from scorefield.samplers.ddim import ddim
from scorefield.samplers.heun import heun

SAMPLERS = {each.__name__: each for each in (ddim, ancestral, heun)}
NEED_MEAN = (heun,)  # these refuse a model that draws


@torch.no_grad()
def few_steps(spec: dict[str, Any], folder: Path) -> pandas.DataFrame:
    """A row a model, sampler, number of steps and seed of an entry of `few_steps`; none but on rank
    0. Samples of unfinished rows are kept in `folder`."""
    evaluator, real = load_evaluator(spec["evaluator"]), load_dataset(spec["data"]).test
    rows = []
    for each, model in compared(spec).items():
        # all samplers begin with the same call, at pure noise
        once = remembered(model, at=1.0)
        for name, steps, seed in cells(spec):
            sampler, counter = SAMPLERS[name], Counter()
            if model.draws and sampler in NEED_MEAN:
                continue
            plan = Plan(
                counted(once, counter), sampler, model.shape, steps, seed, device(), counter
            )
            place = folder / f"{each}-{name}-{steps}-{seed}"
            place.mkdir(exist_ok=True)
            drawn = sample_chunks(plan, spec["n"], place, **params.section("sampling"))
            if drawn is None:
                continue
            row = {"model": each, "sampler": name, "churn": churn(sampler), "steps": steps}
            row |= {"nfe": drawn.nfe, "seed": seed}
            found = evaluator.distance(drawn.samples, real)
            rows.append(row | found | evaluator.distance_se(drawn.samples, real))
    return pandas.DataFrame(rows)


def cells(spec: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Every sampler, number of steps and seed of an entry."""
    for name, sampler_steps in spec["steps"].items():
        for steps, seed in product(sampler_steps, spec["seeds"]):
            yield name, steps, seed


def compared(spec: dict[str, Any]) -> dict[str, Model]:
    """The baseline, the model, and as `oracle` exact posterior draws where the evaluator knows the
    law."""
    names = [spec[role] for role in ("baseline", "model")]
    found = {name: load_model(f"models/{name}").to(device()) for name in names}
    law = load_model(f"models/{spec['evaluator']}").to(device())
    if isinstance(law.net, LawNetwork):
        found["oracle"] = Model(law.net, law.schedule, law.predict, law.shape, draws=True)
    return found


def churn(sampler: Callable[..., Any]) -> float:
    """How much noise a sampler adds back at each step, by its own default; 0 for one that adds
    none."""
    knob = signature(sampler).parameters.get("churn")
    return 0.0 if knob is None else float(knob.default)
