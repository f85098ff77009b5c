"""How long each of the digits' models trains: their steps, measured in turn in one run.

Usage: python benchmarks/contest.py

Needs data/digits; about two minutes. Adds to benchmarks/results.json.
"""

import time
from statistics import median

from results import keep
from tqdm import tqdm

from scorefield.experiments.models import untrained_model
from scorefield.experiments.training import begin, descend, split
from scorefield.pipeline import params
from scorefield.pipeline.files import load_data

MODELS = ("digits-ddpm", "digits-dit", "digits-dddm", "digits-dit-dddm")
ROUNDS, STEPS = 5, 8


def trainer(name: str):
    """A function that takes some steps of the training of a model."""
    spec = params.entry("models", name)
    numbers, data = params.section(spec["net"], spec), load_data(spec["data"])
    model, _ = untrained_model(spec, data)
    objective = params.method("objectives", spec["objective"], spec)
    _, optimiser = begin(model, numbers["lr"], 0.0, None)
    given = (model, objective, split(data, "train"), optimiser, 0)

    def steps() -> float:
        start = time.perf_counter()
        for i in range(STEPS):
            descend(*given, i, numbers["batch"], 1e-5, 1.0)
        return (time.perf_counter() - start) / STEPS

    return steps, numbers["steps"]


def main() -> None:
    trainers, found = {name: trainer(name) for name in MODELS}, {name: [] for name in MODELS}
    for i in tqdm(range(ROUNDS + 1)):
        for name, (steps, _) in trainers.items():
            seconds = steps()
            found[name] += [seconds] if i else []
    told = {
        f"contest_{name}_s": median(found[name]) * total for name, (_, total) in trainers.items()
    }
    keep(**told)
    print(told)


if __name__ == "__main__":
    main()
