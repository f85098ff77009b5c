"""How long each of the digits' models trains: their steps, measured in turn in one run.

Usage: python benchmarks/contest.py

Needs data/digits; about two minutes. Adds to benchmarks/results.json.
"""

import time
from collections.abc import Callable
from statistics import median

from results import keep
from tqdm import tqdm
from trainings import recipe_of, stepper

from scorefield.pipeline import params
from scorefield.pipeline.files import load_data

MODELS = ("digits-ddpm", "digits-dit", "digits-dddm")
ROUNDS, STEPS = 5, 8


def trainer(name: str) -> tuple[Callable[[], float], int]:
    """A function that takes some steps of the training of a model and tells the seconds of one,
    and the steps of the whole training."""
    data = load_data(params.entry("models", name)["data"])
    recipe = recipe_of(name, data)
    step = stepper(recipe, data)

    def steps() -> float:
        start = time.perf_counter()
        for i in range(STEPS):
            step(i)
        return (time.perf_counter() - start) / STEPS

    return steps, recipe.budget["steps"]


def main() -> None:
    trainers = {name: trainer(name) for name in MODELS}
    found: dict[str, list[float]] = {name: [] for name in MODELS}
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
