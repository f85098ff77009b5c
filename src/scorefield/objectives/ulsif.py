"""Log ratio by least squares (Kanamori, Hido and Sugiyama 2009)."""

from torch import Tensor

from scorefield.core.model import Model
from scorefield.core.ratio import diagnose, over, pairs, probe

__all__ = ["diagnose", "probe", "ulsif"]


def ulsif(model: Model, batch: dict[str, Tensor]) -> Tensor:
    """Half the mean w^2 of a row's independent pairs less w of its joint one, (B,), w = e^T; the
    minimiser is the ratio. Unbounded below on finite data but for the bound on T."""
    joint, every, independent, _ = pairs(model, batch)
    return over((2 * every).exp(), independent) / 2 - joint.exp()
