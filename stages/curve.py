"""Two models and the oracle against the number of steps. Usage: python stages/curve.py NAME"""

from functools import partial
from itertools import product
from pathlib import Path

import pandas
import torch

from scorefield.core import params
from scorefield.core.denoiser import Model
from scorefield.core.files import command, load_data, load_model, save_table
from scorefield.core.hardware import device
from scorefield.lab.identity import running, scratch
from scorefield.lab.sampling import Plan, sample
from scorefield.metrics.fidelity import fidelity
from scorefield.metrics.mmd import mmd2
from scorefield.samplers.ancestral import ancestral
from scorefield.samplers.ddim import ddim
from scorefield.samplers.heun import heun

SAMPLERS = {  # with their churn
    "ddim": (ddim, 0.0),
    "ancestral": (partial(ancestral, churn=1.0), 1.0),
    "heun": (heun, 0.0),
}


def contenders(spec: dict, judge: Model) -> dict[str, Model]:
    """The model, its rival, and exact posterior draws where the judge knows the law."""
    found = {
        spec[key]: load_model(f"models/{spec[key]}").to(device()) for key in ("model", "rival")
    }
    if hasattr(judge.net, "law"):
        found["oracle"] = Model(judge.net, judge.schedule, judge.predict, judge.shape, draws=True)
    return found


def main(name: str) -> None:
    with scratch(running(f"curve@{name}")) as folder:
        rows = points(params.entry("curves", name), folder)
        save_table(f"samples/{name}-curve.csv", pandas.DataFrame(rows))


def points(spec: dict, folder: Path) -> list[dict]:
    """A row a model, sampler, number of steps and seed."""
    judge = load_model(f"models/{spec['judge']}").to(device())
    real, rows, models = load_data(spec["data"])["test"], [], contenders(spec, judge)
    for each, sampler, steps, seed in product(models, SAMPLERS, spec["steps"], spec["seeds"]):
        (function, churn), model = SAMPLERS[sampler], models[each]
        if model.draws and sampler == "heun":
            continue
        plan = Plan(model, (model,), model.schedule, function, model.shape, steps, seed, device())
        place = folder / f"{each}-{sampler}-{steps}-{seed}"
        place.mkdir(exist_ok=True)
        drawn = sample(plan, spec["n"], place, **params.section("sampling"))
        fake = drawn["samples"]
        found = {"mmd2": mmd2(fake, real, 1.0)} if fake.ndim == 2 else fidelity(fake, real, judge)
        row = {"model": each, "sampler": sampler, "churn": churn, "steps": steps}
        rows.append(row | {"nfe": int(drawn["nfe"]), "seed": seed} | found)
    return rows


if __name__ == "__main__":
    with torch.no_grad():
        command(main)
