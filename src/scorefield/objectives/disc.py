"""Log density ratio by classifying joint and independent pairs (Goodfellow et al. 2014)."""

from torch import Tensor
from torch.nn.functional import softplus

from scorefield.core.model import Model
from scorefield.objectives._ratio import diagnose, mean_independent, pairs, probe

ROLE = "ratio"
__all__ = ["diagnose", "disc", "probe"]


def disc(model: Model, batch: dict[str, Tensor]) -> Tensor:
    """softplus(-T) of the joint pair of a row, plus the mean softplus(T) of its independent pairs,
    (B,). The log ratio is the minimiser."""
    joint, every, independent, _ = pairs(model, batch)
    return softplus(-joint) + mean_independent(softplus(every), independent)
