"""An ablation: variants of one model, each trained with several seeds and scored."""

from itertools import product
from pathlib import Path
from typing import Any

import pandas
import torch
from torch import Tensor
from tqdm import tqdm

from scorefield.core.exact import Mixture, pointwise_mutual_information
from scorefield.core.log_ratio import LogRatio
from scorefield.core.model import Model
from scorefield.core.registry import hook
from scorefield.core.schedule import time_at
from scorefield.experiments.evaluators import load_evaluator
from scorefield.experiments.few_steps import oracle, scored
from scorefield.experiments.models import begun, final_figures
from scorefield.experiments.training import seed_step, train
from scorefield.metrics.relative_ratio import relative_errors
from scorefield.pipeline import params
from scorefield.pipeline.ablations import model_of
from scorefield.pipeline.files import load_data, load_dataset, load_json, save_json

ALPHAS = (0.0, 0.1, 0.2, 0.5, 0.9)  # of the relative ratios that are compared
LEVELS = (0.5, 1.0, 2.0)  # noise levels sigma / alpha at which they are
EXACT = "exact"  # the rows of exact posterior draws
NOT_COMPARED = ("steps", "parameters", "best_step")


def ablation(spec: dict[str, Any], folder: Path) -> pandas.DataFrame:
    """A row a variant and seed of an entry of `ablation`, and of exact posterior draws, where the
    law is known and the model draws. A seed decides the first weights, the batches and the noise of
    training and the noise of samples, so rows of one seed are paired. Rows that are done, and the
    training under way, are kept in `folder`."""
    rows, data = [], load_data(spec["data"])
    for variant, seed in tqdm([*product(spec["variants"], spec["seeds"])], "trainings"):
        row = folder / f"{variant}-{seed}.json"
        if not row.exists():
            save_json(row, of_training(spec, variant, seed, data, folder / f"{variant}-{seed}"))
        rows.append({"variant": variant, "seed": seed} | load_json(row))
    exact = oracle(spec["evaluator"]) if spec["steps"] else None
    if exact is not None and hook("objectives", spec["objective"], "DRAWS"):
        diagnose = hook("objectives", spec["objective"], "diagnose")
        data = {key: value.to(exact.device) for key, value in data.items()}
        for seed in spec["seeds"]:
            seed_step(seed, -2)
            found = diagnose(exact, data) | distances(exact, spec, seed, folder / EXACT)
            rows.append({"variant": EXACT, "seed": seed} | found)
    return pandas.DataFrame(rows)


def of_training(
    spec: dict[str, Any], variant: str, seed: int, data: dict[str, Tensor], folder: Path
) -> dict[str, float]:
    """Train one variant with one seed; its figures, and its distances or errors."""
    entry = model_of(spec, variant, seed)
    objective = params.method("objectives", entry["objective"], entry)
    start = begun(entry, data)
    folder.mkdir(exist_ok=True)
    for state, _ in train(  # noqa: B007
        start.model, objective, start.data, folder, seed, True, **start.budget
    ):
        pass
    found = final_figures(entry, state, start.data)
    kept = {key: value for key, value in found.items() if key not in NOT_COMPARED}
    if isinstance(start.model.net, LogRatio):
        return kept | ratio_errors(state.average, start.data)
    return kept | distances(state.average, spec, seed, folder)


@torch.no_grad()
def distances(model: Model, spec: dict[str, Any], seed: int, folder: Path) -> dict[str, float]:
    """The distance of a model's samples to test data, named score_sampler_steps."""
    if not spec["steps"]:
        return {}
    evaluator, real = load_evaluator(spec["evaluator"]), load_dataset(spec["data"]).test
    found: dict[str, float] = {}
    for row in scored(model, spec | {"seeds": [seed]}, evaluator, real, folder):
        place = f"{row['sampler']}_{row['steps']}"
        found |= {f"{key}_{place}": row[key] for key in ("mmd2", "fid") if key in row}
    return found


@torch.no_grad()
def ratio_errors(model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """`relative_errors` of a log ratio at each of ALPHAS, named error_alpha: over the test pairs
    and as many independent x and y, at noise levels LEVELS of x. None where the joint law is not
    known, and for a ratio that takes noised y."""
    if "joint.mean" not in data or model.net.condition != "clean":
        return {}
    law = Mixture(*(data[f"joint.{key}"] for key in ("weight", "mean", "cov")))
    x, y = data["test"].repeat(2, 1), torch.cat([data["test_pair"], data["test_pair"].roll(1, 0)])
    clean, pairs = torch.zeros(len(x), device=x.device), []
    for level in LEVELS:
        t = time_at(model.schedule, level).to(x)
        noised = model.schedule.add_noise(x, t, seed=0)
        at = (noised.double(), t.double(), y.double(), clean[0].double())
        true = pointwise_mutual_information(law, model.schedule, *at)
        pairs.append((model.net(noised, t.expand(len(x)), y, clean), true))
    found, true = (torch.cat(each) for each in zip(*pairs, strict=True))
    values = zip(ALPHAS, relative_errors(found, true, ALPHAS), strict=True)
    return {f"error_{alpha:g}": value for alpha, value in values}
