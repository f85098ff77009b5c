"""Cross-entropy of labels, on randomly shifted and rotated images."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from scorefield.core.bounds import Below1, NonNegative
from scorefield.core.model import Model
from scorefield.objectives._jitter import jittered

ROLE = "classifier"


def classifier(
    model: Model,
    batch: dict[str, Tensor],
    *,
    shift: NonNegative = 2.0,
    turn: NonNegative = 10.0,
    smoothing: Below1 = 0.05,
) -> Tensor:
    """Cross-entropy per sample, shape (B,). Images are shifted by up to `shift` pixels and rotated
    by up to `turn` degrees, both uniform, in training mode only."""
    x = batch["x"]
    if model.training:
        x = jittered(x, shift, turn)
    return cross_entropy(model.net(x), batch["y"], label_smoothing=smoothing, reduction="none")


@torch.no_grad()
def diagnose(model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """Accuracy on the test split."""
    guess = torch.cat([model.net(part).argmax(1) for part in data["test"].split(500)])
    return {"accuracy": (guess == data["test_labels"]).cpu().double().mean().item()}
