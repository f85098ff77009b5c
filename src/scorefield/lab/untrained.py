"""An entry of `models` as a network that has not been trained."""

from typing import Any

from torch import Tensor

from scorefield.core import params
from scorefield.core.denoiser import Model
from scorefield.core.files import build


def untrained(spec: dict[str, Any], data: dict[str, Tensor]) -> tuple[Model, dict[str, Any]]:
    """The model, and the config that `core.files.build` rebuilds it from: net, numbers, shapes,
    schedule, objective and what it predicts."""
    shapes = {key: list(value.shape) for key, value in data.items()}
    if getattr(params.module("objectives", spec["objective"]), "DRAWS", False):
        shapes["xi"] = shapes["train"]
    objective = params.method("objectives", spec["objective"], spec)
    config = {
        "net": spec["net"],
        "numbers": params.method("nets", spec["net"], spec).keywords,
        "shapes": shapes,
        "schedule": spec["schedule"],
        "predict": objective.keywords.get("predict", "x0"),
        "objective": spec["objective"],
    }
    return build(config), config
