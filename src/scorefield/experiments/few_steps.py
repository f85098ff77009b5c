"""The few-steps study: a model and a baseline scored at several numbers of steps."""

from collections.abc import Callable
from inspect import signature
from itertools import product
from pathlib import Path
from typing import Any

import pandas
import torch

from scorefield.core.denoiser import Counter, counted
from scorefield.core.hardware import device
from scorefield.core.model import Model
from scorefield.experiments.evaluators import load_evaluator
from scorefield.experiments.sampling import Plan, sample_chunks
from scorefield.metrics.evaluators import LawNetwork
from scorefield.pipeline import params
from scorefield.pipeline.files import load_dataset, load_model
from scorefield.samplers.ancestral import ancestral
from scorefield.samplers.ddim import ddim
from scorefield.samplers.heun import heun

SAMPLERS = (ddim, ancestral, heun)  # imported, so that their code is part of the stage's hash
NEED_MEAN = (heun,)  # these refuse a model that draws


@torch.no_grad()
def few_steps(spec: dict[str, Any], folder: Path) -> pandas.DataFrame:
    """A row a model, sampler, number of steps and seed of an entry of `few_steps`; none but on rank
    0. Samples of unfinished rows are kept in `folder`."""
    evaluator, real = load_evaluator(spec["evaluator"]), load_dataset(spec["data"]).test
    models, rows = compared(spec), []
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
    return pandas.DataFrame(rows)


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
