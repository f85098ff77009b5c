"""Log ratio by telling joint pairs from independent ones (Goodfellow et al. 2014)."""

from torch import Tensor
from torch.nn.functional import softplus

from scorefield.core.model import Model
from scorefield.core.ratio import diagnose, over, pairs, probe

__all__ = ["diagnose", "disc", "probe"]


def disc(model: Model, batch: dict[str, Tensor]) -> Tensor:
    """softplus(-T) of a row's joint pair and the mean softplus(T) of its independent ones, (B,);
    the minimiser is the log ratio."""
    joint, every, independent, _ = pairs(model, batch)
    return softplus(-joint) + over(softplus(every), independent)
