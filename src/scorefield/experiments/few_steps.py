"""The few-steps study: a model and a baseline scored at several numbers of steps."""

from collections.abc import Callable, Iterator
from inspect import signature
from itertools import product
from pathlib import Path
from typing import Any

import pandas
import torch
from torch import Tensor

from scorefield.core.denoiser import Counter, counted
from scorefield.core.errors import InputError
from scorefield.core.hardware import device
from scorefield.core.model import Model, put
from scorefield.core.registry import load_method
from scorefield.core.remembered import remembered
from scorefield.experiments.evaluators import load_evaluator
from scorefield.experiments.sampling import Plan, sample_chunks
from scorefield.metrics.evaluators import Evaluator, LawNetwork
from scorefield.pipeline import params
from scorefield.pipeline.files import load_dataset, load_model


@torch.no_grad()
def few_steps(spec: dict[str, Any], folder: Path) -> pandas.DataFrame:
    """A row a model, sampler, number of steps and seed of an entry of `few_steps`; none but on rank
    0. Samples of unfinished rows are kept in `folder`."""
    evaluator, real = load_evaluator(spec["evaluator"]), load_dataset(spec["data"]).test
    rows = [
        {"model": each} | row
        for each, model in compared(spec).items()
        for row in scored(model, spec, evaluator, real, folder / each)
    ]
    return pandas.DataFrame(rows)


def scored(
    model: Model, spec: dict[str, Any], evaluator: Evaluator, real: Tensor, folder: Path
) -> Iterator[dict[str, Any]]:
    """A row for each sampler, number of steps and seed of an entry: what it costs, its distance to
    real data and, where it is known, the error of that. Samplers that need a posterior mean are
    left out for a model that draws."""
    once = remembered(model, at=1.0)  # all samplers begin with the same call, at pure noise
    for name, steps, seed in cells(spec):
        sampler, counter = load_method("samplers", name), Counter()
        if refuses(sampler, model):
            continue
        plan = Plan(counted(once, counter), sampler, model.shape, steps, seed, device(), counter)
        place = folder / f"{name}-{steps}-{seed}"
        place.mkdir(exist_ok=True, parents=True)
        drawn = sample_chunks(plan, spec["n"], place, **params.section("sampling"))
        if drawn is None:
            continue
        row = {"sampler": name, "churn": churn(sampler), "steps": steps, "nfe": drawn.nfe}
        found = evaluator.distance(drawn.samples, real)
        yield row | {"seed": seed} | found | evaluator.distance_se(drawn.samples, real)


def cells(spec: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Every sampler, number of steps and seed of an entry."""
    for name, sampler_steps in spec["steps"].items():
        for steps, seed in product(sampler_steps, spec["seeds"]):
            yield name, steps, seed


def compared(spec: dict[str, Any]) -> dict[str, Model]:
    """The baseline, the model, and beside one that draws, as `oracle`, exact posterior draws where
    the evaluator knows the law."""
    names = [spec[role] for role in ("baseline", "model")]
    found = {name: put(load_model(f"models/{name}"), device()) for name in names}
    exact = oracle(spec["evaluator"]) if any(model.draws for model in found.values()) else None
    return found if exact is None else found | {"oracle": exact}


def oracle(evaluator: str) -> Model | None:
    """Exact posterior draws, where the evaluator of that name knows the law."""
    law = put(load_model(f"models/{evaluator}"), device())
    if not isinstance(law.net, LawNetwork):
        return None
    return Model(law.net, law.schedule, law.predict, law.shape, draws=True)


def refuses(sampler: Callable[..., Iterator[torch.Tensor]], model: Model) -> bool:
    """Whether a sampler needs a posterior mean and the model draws."""
    x = torch.zeros(1, *model.shape, device=device())
    try:
        next(iter(sampler(model, x, torch.tensor([1.0, 0.0]))))
    except InputError:
        return True
    return False


def churn(sampler: Callable[..., Any]) -> float:
    """How much noise a sampler adds back at each step, by its own default; 0 for one that adds
    none."""
    knob = signature(sampler).parameters.get("churn")
    return 0.0 if knob is None else float(knob.default)
