"""Cross-entropy of labels, on images that are shifted and turned a little."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from scorefield.core.bounds import Below1, NonNegative
from scorefield.core.jitter import jittered
from scorefield.core.model import Model


def classifier(
    model: Model,
    batch: dict[str, Tensor],
    *,
    shift: NonNegative = 2.0,
    turn: NonNegative = 10.0,
    smoothing: Below1 = 0.05,
) -> Tensor:
    """Cross-entropy per sample, shape (B,); shift is in pixels, turn in degrees, both the
    largest of a uniform range and both off in evaluation mode."""
    x = batch["x"]
    if model.training:
        x = jittered(x, shift, turn)
    return cross_entropy(model.net(x), batch["y"], label_smoothing=smoothing, reduction="none")


@torch.no_grad()
def diagnose(model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """Accuracy on the test split."""
    guess = torch.cat([model.net(part).argmax(1) for part in data["test"].split(500)])
    return {"accuracy": (guess == data["test_labels"]).double().mean().item()}
