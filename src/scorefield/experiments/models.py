"""An entry of `models` before its training and after it."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from scorefield.core.hardware import device
from scorefield.core.model import Model, in_single, put
from scorefield.core.network import hooks
from scorefield.core.registry import defaults, hook
from scorefield.experiments.checkpoints import Trained
from scorefield.experiments.training import seed_step
from scorefield.pipeline import params
from scorefield.pipeline.files import build


def untrained_model(spec: dict[str, Any], data: dict[str, Tensor]) -> tuple[Model, dict[str, Any]]:
    """The model, and the config that `core.files.build` rebuilds it from: net, all its numbers,
    shapes, schedule, objective and what it predicts."""
    net = params.method("nets", spec["net"], spec)
    numbers = defaults(net.func) | net.keywords
    objective = params.method("objectives", spec["objective"], spec)
    predict = (defaults(objective.func) | objective.keywords).get("predict", "x0")
    config = described(spec["net"], numbers, spec["objective"], predict, spec["schedule"], data)
    return build(config), config


@dataclass(frozen=True, eq=False)
class Begun:
    """A model as its training begins and its config, the data where it computes, and the arguments
    of `train`."""

    model: Model
    config: dict[str, Any]
    data: dict[str, Tensor]
    budget: dict[str, Any]


def begun(spec: dict[str, Any], data: dict[str, Tensor]) -> Begun:
    """The beginning of the training of an entry of `models` on data."""
    seed_step(spec["seed"], -1)
    model, config = untrained_model(spec, data)
    model = put(model, device(single=in_single(model)))
    data = {key: value.to(model.device) for key, value in data.items()}
    hooks(model.net).begin(data)
    numbers = params.section(spec["net"], spec)
    budget = {key: value for key, value in numbers.items() if key not in config["numbers"]}
    if "optimiser" in budget:
        budget["optimiser"] = params.method("optimisers", budget["optimiser"], spec)
    return Begun(model, config, data, budget)


def final_figures(
    spec: dict[str, Any], state: Trained, data: dict[str, Tensor]
) -> dict[str, float]:
    """The figures of a training that has ended, and what its objective diagnoses."""
    seed_step(spec["seed"], -2)
    diagnose = hook("objectives", spec["objective"], "diagnose")
    return state.figures() | (diagnose(state.average, data) if diagnose else {})


def described(
    net: str,
    numbers: dict[str, Any],
    objective: str,
    predict: str,
    schedule: str,
    data: dict[str, Tensor],
) -> dict[str, Any]:
    """The config of a model for a dataset; a network that draws is given a shape for its noise, one
    that jumps a shape for its second time, and edm the root mean square of the data."""
    shapes = {key: list(value.shape) for key, value in data.items()}
    if hook("objectives", objective, "DRAWS"):
        shapes["xi"] = shapes["train"]
    if hook("objectives", objective, "JUMPS"):
        shapes["until"] = shapes["train"][:1]
    scale = data["train"].float().square().mean().sqrt().item() if predict == "edm" else 1.0
    return {
        "net": net,
        "numbers": numbers,
        "shapes": shapes,
        "schedule": schedule,
        "predict": predict,
        "objective": objective,
        **({"std": float(f"{scale:.6g}")} if predict == "edm" else {}),  # as a file holds it
    }
