"""Evaluators by the name of their model."""

from scorefield.core.hardware import device
from scorefield.core.model import put
from scorefield.metrics.evaluators import Evaluator, FeatureNetwork, evaluator_of
from scorefield.pipeline.files import load_model


def load_evaluator(name: str) -> Evaluator:
    """The evaluator models/<name>; a network that reads images is on the GPU where there is one.
    Raises InputError for a model that is none."""
    model = load_model(f"models/{name}")
    if isinstance(model.net, FeatureNetwork):
        model = put(model, device(single=True))
    return evaluator_of(model)
