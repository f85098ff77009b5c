"""Log density ratio by the unnormalised Kullback-Leibler divergence (Sugiyama et al. 2008)."""

from torch import Tensor

from scorefield.core.model import Model
from scorefield.objectives._ratio import diagnose, mean_independent, pairs, probe

ROLE = "ratio"
__all__ = ["diagnose", "kliep", "probe"]


def kliep(model: Model, batch: dict[str, Tensor]) -> Tensor:
    """E[e^T] - 1 over the independent pairs of a row minus T of its joint pair, (B,) (Nguyen,
    Wainwright and Jordan 2010). The minimiser is the log ratio, including its constant."""
    joint, every, independent, _ = pairs(model, batch)
    return mean_independent(every.exp(), independent) - 1 - joint
