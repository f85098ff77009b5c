"""Quality against the number of steps, for three samplers. Usage: python stages/curve.py NAME"""

from itertools import product

import pandas
import torch

from scorefield.core import params
from scorefield.core.files import command, load_data, load_model, save_table
from scorefield.core.hardware import device
from scorefield.lab.identity import clear, running, scratch
from scorefield.lab.sampling import Plan, sample
from scorefield.metrics.fidelity import fidelity
from scorefield.metrics.mmd import mmd2
from scorefield.samplers.ancestral import ancestral
from scorefield.samplers.ddim import ddim
from scorefield.samplers.heun import heun

SAMPLERS = {"ddim": (ddim, {}), "ancestral": (ancestral, {"churn": 1.0}), "heun": (heun, {})}


def main(name: str) -> None:
    spec, folder = params.entry("curves", name), scratch(running(f"curve@{name}"))
    model = load_model(f"models/{spec['model']}").to(device())
    judge = load_model(f"models/{spec['judge']}").to(device())
    real, rows = load_data(spec["data"])["test"], []
    for sampler, steps, seed in product(SAMPLERS, spec["steps"], spec["seeds"]):
        function, knobs = SAMPLERS[sampler]
        bound = lambda *args, f=function, k=knobs: f(*args, **k)
        plan = Plan(
            model, model.schedule, bound, model.shape, steps, seed, lambda: model.calls, device()
        )
        place = folder / f"{sampler}-{steps}-{seed}"
        place.mkdir(exist_ok=True)
        drawn = sample(plan, spec["n"], place, **params.section("sampling"))
        fake = drawn["samples"]
        points = {"mmd2": mmd2(fake, real, 1.0)} if fake.ndim == 2 else fidelity(fake, real, judge)
        row = {"model": spec["model"], "sampler": sampler, "churn": knobs.get("churn", 0.0)}
        rows.append(row | {"steps": steps, "nfe": int(drawn["nfe"]), "seed": seed} | points)
    save_table(f"samples/{name}-curve.csv", pandas.DataFrame(rows))
    clear(folder)


if __name__ == "__main__":
    with torch.no_grad():
        command(main)
