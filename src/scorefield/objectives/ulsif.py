"""Log density ratio by least squares (Kanamori, Hido and Sugiyama 2009)."""

from torch import Tensor

from scorefield.core.model import Model
from scorefield.objectives._ratio import diagnose, mean_independent, pairs, probe

__all__ = ["diagnose", "probe", "ulsif"]


def ulsif(model: Model, batch: dict[str, Tensor]) -> Tensor:
    """Half the mean w^2 of the independent pairs of a row minus w of its joint pair, (B,), w = e^T.
    The ratio is the minimiser. On finite data only the bounds of T keep the loss bounded."""
    joint, every, independent, _ = pairs(model, batch)
    return mean_independent((2 * every).exp(), independent) / 2 - joint.exp()
