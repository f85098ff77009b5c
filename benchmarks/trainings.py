"""The recipes of entries of params.yaml, and trainings by a recipe."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from scorefield.core.model import Model
from scorefield.core.network import hooks
from scorefield.core.registry import defaults
from scorefield.experiments import training
from scorefield.experiments.averages import follow
from scorefield.experiments.models import untrained_model
from scorefield.pipeline import params

Tensors = dict[str, Tensor]
DEFAULTS = defaults(training.train)
SMALL = 0.01


@dataclass(frozen=True)
class Recipe:
    """A way to train: how an untrained model is made, its loss, and the arguments of `train`."""

    make: Callable[[], Model]
    loss: training.Loss
    budget: dict[str, Any]

    def model(self, seed: int = 0) -> Model:
        """The untrained model with the weights of a seed, as the stage `train` makes it."""
        training.seed_step(seed, -1)
        return self.make()


def recipe_of(entry: str, data: Tensors, **changes: Any) -> Recipe:
    """The recipe of an entry of `models`; `changes` are other settings of its network."""
    spec = params.entry("models", entry)
    net = spec["net"]
    spec = spec | {net: spec.get(net, {}) | changes}
    _, config = untrained_model(spec, data)
    numbers = params.section(net, spec)
    budget = {key: value for key, value in numbers.items() if key not in config["numbers"]}
    if "optimiser" in budget:
        budget["optimiser"] = params.method("optimisers", budget["optimiser"], spec)
    loss = params.method("objectives", spec["objective"], spec)
    return Recipe(lambda: untrained_model(spec, data)[0], loss, budget)


def trained(recipe: Recipe, data: Tensors, seed: int, steps: int, parts: int) -> Iterator[Model]:
    """A training with the whole schedule in so many steps; the averaged model after each part."""
    model = recipe.model(seed)
    hooks(model.net).begin(data)
    # `train` yields when it validates; here one image is enough
    few = {key: value[:1] if "validation" in key else value for key, value in data.items()}
    budget = recipe.budget | {"steps": steps, "validations": parts}
    for state, _ in training.train(model, recipe.loss, few, None, seed, True, **budget):
        yield state.average


def stepper(recipe: Recipe, data: Tensors) -> Callable[[int], None]:
    """A function that takes step i of a training, at a share of the rate so small that none
    diverges."""
    model, given = recipe.model(), DEFAULTS | recipe.budget
    hooks(model.net).begin(data)
    optimisers = training.made(given["optimiser"], model, given["lr"], given["weight_decay"])
    state, fresh = training.begin(model, optimisers, None), training.split(data, "train")
    todo = (model, recipe.loss, fresh, optimisers, 0)

    def step(i: int) -> None:
        training.descend(*todo, given["batch"], given["clip"], False, i, SMALL)
        follow(state.average, model, given["ema"])

    return step
