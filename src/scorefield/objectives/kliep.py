"""Log ratio by the Kullback-Leibler divergence (Sugiyama et al. 2008), in its unnormalised form."""

from torch import Tensor

from scorefield.core.model import Model
from scorefield.core.ratio import diagnose, over, pairs, probe

__all__ = ["diagnose", "kliep", "probe"]


def kliep(model: Model, batch: dict[str, Tensor]) -> Tensor:
    """E[e^T] - 1 over a row's independent pairs less T of its joint one, (B,) (Nguyen, Wainwright
    and Jordan 2010); the minimiser is the log ratio, with its constant."""
    joint, every, independent, _ = pairs(model, batch)
    return over(every.exp(), independent) - 1 - joint
