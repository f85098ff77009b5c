"""An entry of `models` as a network that has not been trained."""

from typing import Any

from torch import Tensor

from scorefield.core.model import Model
from scorefield.core.registry import defaults, hook
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


def described(
    net: str,
    numbers: dict[str, Any],
    objective: str,
    predict: str,
    schedule: str,
    data: dict[str, Tensor],
) -> dict[str, Any]:
    """The config of a model for a dataset; a network that draws is given a shape for its noise."""
    shapes = {key: list(value.shape) for key, value in data.items()}
    if hook("objectives", objective, "DRAWS"):
        shapes["xi"] = shapes["train"]
    return {
        "net": net,
        "numbers": numbers,
        "shapes": shapes,
        "schedule": schedule,
        "predict": predict,
        "objective": objective,
    }
